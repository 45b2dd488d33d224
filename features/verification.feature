Feature: A backup that is damaged is never called good
  `volops verify` reads a backup to its end: every digest, every archive, every dump.

  Background:
    Given the shared stack "ledger"
    And a backup of it

  Scenario: A good backup is called good
    When I run "volops verify latest"
    Then it succeeds
    And it says "is good"

  Scenario Outline: <damage> is noticed and named
    Given <damage> in the backup
    When I run "volops verify <backup>"
    Then it ends with exit code 1
    And it names the damaged file
    And it does not say "is good"

    Examples:
      | damage                                  | backup       |
      | a flipped bit in the database's dump    | full_backup_ |
      | a flipped bit in the media archive      | full_backup_ |
      | a dump that is cut short                | full_backup_ |
      | an empty dump                           | full_backup_ |
      | a missing archive                       | full_backup_ |
      | a file that nobody put there            | full_backup_ |
      | a manifest that was edited              | full_backup_ |
      | a manifest that is cut short            | full_backup_ |
      | a missing manifest                      | full_backup_ |
      | two archives that changed places        | full_backup_ |

  Scenario: A backup whose manifest is damaged is not the latest good one any more
    Given a manifest that was edited in the backup
    When I run "volops verify latest"
    Then it ends with exit code 10
    And it says "no complete full backup"

  Scenario: The result is remembered
    When I run "volops verify latest"
    And I run "volops list"
    Then it says "verified"

  Scenario: A backup that is not there
    When I run "volops verify full_backup_19700101_000000"
    Then it ends with exit code 10
    And it says "no backup 'full_backup_19700101_000000'"

  Scenario: Verification needs no engine
    Given no engine answers
    When I run "volops verify latest"
    Then it succeeds
