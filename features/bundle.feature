Feature: A backup travels as one file
  `volops bundle` writes a backup as one archive, in the document's layout. It restores on a machine that has nothing
  else; the commands that people know unpack it; and what a stranger put into one does no harm.

  Scenario: One file brings everything back where there is no backup
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    And the file "receipt" is in the volume "receipts"
    And a backup of it
    When I run "volops bundle latest --output carried.tar.gz"
    And I run "docker compose down -v && rm -r backups"
    And I run "volops restore carried.tar.gz --yes"
    Then it succeeds
    And the database "books" has 1000 entries again, the same as before
    And the file "receipt" is in the volume "receipts" again
    And every service is running and well
    And no unfinished backup is left

  Scenario: tar and psql are all that it takes
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    And a backup of it
    When I run "volops bundle latest"
    And I run "mkdir unpacked && tar xzf backups/full_backup_*.tar.gz -C unpacked && tar tzf unpacked/media_backup_*.tar.gz"
    And I run "docker compose exec -T db dropdb -U postgres --force books"
    And I run "cat unpacked/db_backup_*.sql | docker compose exec -T db psql -q -U postgres postgres"
    Then it succeeds
    And the database "books" has 1000 entries again, the same as before
    When I run "volops verify ./unpacked"
    Then it says "is good"

  Scenario Outline: A bundle with <what> changes nothing
    Given the ledger, with its entries and receipts
    And a backup of it
    And a bundle of it with <what>
    And what it holds is written down
    When I run "volops restore bundle.tar.gz --yes"
    Then it does not succeed
    And it says "<told>"
    And it holds what was written down
    And every service is as it was before
    And no helper container is left
    And no unfinished backup is left

    Examples:
      | what                                      | told            |
      | a flipped bit                             | bundle.tar.gz   |
      | a receipt that would be written elsewhere | '../../escaped' |
      | a receipt that links to the machine       | '/etc/shadow'   |
      | a file that its manifest does not know    | 'stowaway.sql'  |

  Scenario: An archive of the script of old comes back
    Given a sample stack of its own, running and filled with data
    And an archive "full_backup_20241025_143022.tar.gz" of it, made as the script of old did
    And what it holds is written down
    When I run "docker compose exec -T db psql -U postgres backend_db -c 'DROP TABLE fieldnotes_comment CASCADE'"
    And all uploads and static files are deleted
    And I run "volops restore full_backup_20241025_143022.tar.gz --yes"
    Then it succeeds
    And it says "the archive has no manifest"
    And the database "backend_db" holds what was written down
    And the files are what was written down, to the second
    And every service is healthy
    And no helper container is left
