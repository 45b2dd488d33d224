Feature: A quick snapshot of one database
  Before a migration, `volops backup-db` writes one plain SQL file, which goes back in with the
  document's own command.

  Scenario: The snapshot goes back in as the document says
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    When I run "volops backup-db"
    Then it succeeds
    And there is a file "db_backup_" and the time, with its manifest beside it
    And only its owner can read the backups
    And nothing is left behind
    When the table with the entries is dropped
    And I run the document's command with that file
      """
      docker compose exec -T db psql -U postgres books < ./backups/db_backup_20251025_143022.sql
      """
    Then it succeeds
    And the database "books" has 1000 entries again, the same as before
    And the next entry gets an id that nobody had

  Scenario: The snapshot takes back what was changed and added since
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    When I run "volops backup-db"
    And 500 entries are changed and 200 are added
    And I run the document's command with that file
      """
      docker compose exec -T db psql -U postgres books < ./backups/db_backup_20251025_143022.sql
      """
    Then it succeeds
    And the database "books" has 1000 entries again, the same as before

  Scenario: The sample application goes on with its snapshot
    Given the sample stack, running and filled with data
    When I run "volops backup-db"
    Then it succeeds
    And the snapshot is plain SQL that ends as a complete dump does
    When I run "volops verify" with the snapshot
    Then it succeeds
    And the table "public.auth_user" of the snapshot has as many rows as the running one

  Scenario: Another database of the same server
    Given the sample stack, running and filled with data
    When I run "volops backup-db --database analytics"
    Then it succeeds
    And the table "public.page_views" of the snapshot has as many rows as the running one

  Scenario: A database that is not there
    Given the sample stack, running and filled with data
    When I run "volops backup-db --database analitycs"
    Then it ends with exit code 2
    And it says "analitycs"
    And there is no backup
    And nothing is left behind
