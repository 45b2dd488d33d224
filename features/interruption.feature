Feature: What is interrupted is never called a backup
  Whatever ends a run half-way, nothing appears under the name of a complete backup, no container stays,
  and the services go on.

  Background:
    Given a fresh stack "ledger"
    And the database "books" is large

  Scenario Outline: Stopped by <how>
    When "volops backup" is half-way through the database
    And it gets the signal <signal>
    Then it ends with exit code 130
    And it says "interrupted"
    And there is no backup
    And every service is as it was before
    And nothing is left behind

    Examples:
      | how                       | signal  |
      | Ctrl-C                    | SIGINT  |
      | a shutdown of the machine | SIGTERM |
      | a terminal that closes    | SIGHUP  |

  Scenario: Killed outright, and the next run cleans up
    When "volops backup" is half-way through the database
    And it gets the signal SIGKILL
    Then there is no backup
    And every service is as it was before
    And its helper containers end by themselves
    When I run "volops backup receipts"
    Then it succeeds
    And there is one backup, called "selected_backup_" and the time
    And no unfinished backup is left

  Scenario: pg_dump is killed half-way
    When "volops backup" is half-way through the database
    And pg_dump is killed
    Then it ends with exit code 3
    And it says "killed"
    And there is one backup, called "partial_full_backup_" and the time
    And the backup has no file of "books"
    And "receipts" is in the backup as "media"
    And every service is as it was before
    And nothing is left behind

  Scenario: pg_dump is killed half-way, and the database was all that was asked for
    When "volops backup-db" is half-way through the database
    And pg_dump is killed
    Then it ends with exit code 1
    And it says "killed"
    And there is no backup
    And nothing is left behind

  Scenario: A helper container is killed
    When "volops backup" is half-way through the database
    And the helper container is killed
    Then it ends with exit code 3
    And it says "ended under it"
    And there is one backup, called "partial_full_backup_" and the time
    And nothing is left behind

  Scenario: The database itself is killed
    When "volops backup" is half-way through the database
    And the container of "db" is killed
    Then it ends with exit code 3
    And there is one backup, called "partial_full_backup_" and the time
    And the backup has no file of "books"
    And nothing is left behind

  Scenario: A second run while the first goes on
    When "volops backup" is half-way through the database
    And I run "volops backup receipts" meanwhile
    Then the second run ends with exit code 11
    And the second run names the process of the first
    And the first run goes on and succeeds
    And there is one backup, called "full_backup_" and the time
    And nothing is left behind
