Feature: Where backups are kept
  A directory that is missing is made; one that is full or cannot be written is an error before anything
  is called a backup.

  Background:
    Given the shared stack "ledger"

  Scenario: The directory is missing
    When I run "volops --backups elsewhere/deep/down backup receipts"
    Then it succeeds
    And the directory "elsewhere/deep/down" is its owner's alone

  Scenario: The directory is full
    Given the backups directory is a file system of 64 KiB
    And an upload of 1 MiB that cannot be compressed
    When I run "volops backup receipts"
    Then it ends with exit code 1
    And it says "no space left"
    And the backups directory holds no backup and no unfinished file
    And nothing is left behind

  Scenario: The directory cannot be written
    Given the backups directory is mounted read-only
    When I run "volops backup receipts"
    Then it ends with exit code 10
    And it says "backups" and "Read-only"
    And the backups directory holds no backup and no unfinished file
    And nothing is left behind

  Scenario: There is a file where the directory should be
    Given a file is called "backups"
    When I run "volops backup receipts"
    Then it ends with exit code 10
    And it says "backups"
    And nothing is left behind

  Scenario: Backups of the same second have names of their own
    When I run "volops backup receipts && volops backup receipts && volops backup receipts"
    Then it succeeds
    And there are 3 backups

  Scenario: What a script of old left there is not taken for a backup of ours
    Given the file "backups/full_backup_20240101_020000.tar.gz" with something in it
    When I run "volops backup receipts && volops list"
    Then it succeeds
    And it says "full_backup_20240101_020000.tar.gz"
    When I run "volops verify latest"
    Then it ends with exit code 10
