Feature: Output for people, for pipes, and for programs
  A pipe gets plain lines, a program gets JSON, a person on a terminal gets tables and a progress bar.

  Background:
    Given the shared stack "ledger"

  Scenario: A pipe gets plain lines
    When I run "volops backup"
    Then it succeeds
    And it holds no escape sequences and no carriage returns

  Scenario: A reader that goes away does not spoil the backup
    When I run "volops backup | true"
    Then there is one backup, called "full_backup_" and the time

  Scenario: A terminal gets colours and a progress bar
    Given 300 MB more in its volume "receipts"
    When I run "volops backup" on a terminal
    Then it succeeds
    And it holds escape sequences
    And a bar showed how much of how much, how fast, and the time left
    And it says "complete"

  Scenario Outline: A program gets one JSON object from `volops <verb>`
    Given a backup of it
    When I run "volops <verb> --json"
    Then it succeeds
    And its standard output is one JSON object with "<key>"

    Examples:
      | verb          | key     |
      | backup        | backup  |
      | backup-db     | backup  |
      | list          | backups |
      | show latest   | backup  |
      | verify latest | good    |
      | volumes       | volumes |
      | status        | services|
      | plugins       | plugins |

  Scenario: An error is JSON, too
    When I run "volops backup nonesuch --json"
    Then it ends with exit code 2
    And its standard output is one JSON object with "error"

  Scenario Outline: `volops <verb> --help` gives an example and the exit codes
    When I run "volops <verb> --help"
    Then it succeeds
    And it says "Example" and "Exit codes" and "130"

    Examples:
      | verb      |
      | backup    |
      | backup-db |
      | verify    |
      | volumes   |

  Scenario Outline: The shell completes <what>
    When I run "COMP_WORDS='<typed>' COMP_CWORD=2 _VOLOPS_COMPLETE=bash_complete volops"
    Then it succeeds
    And it says "<completed>"

    Examples:
      | what            | typed            | completed |
      | a volume's name | volops backup re | receipts  |
      | a service       | volops logs w    | web       |

  Scenario: Quiet says nothing when all is well
    When I run "volops --quiet backup"
    Then it succeeds
    And it says nothing at all
