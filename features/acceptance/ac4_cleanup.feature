@AC4
Feature: AC4: Cleanup command available
  Given I need to reset my environment, when I run the cleanup command, then I should be able to remove all
  persistent data.

  Scenario: The document's validation test of AC4
    Given a sample stack of its own, running and filled with data
    And a new member, a new upload and a visitor who is signed in
    And what it holds is written down
    When I follow "AC4: Cleanup Command Available"
    Then it says "WARNING" and "DELETE EVERYTHING" and "postgres-data" and "backend-media"
    And it says "To keep a copy: `volops backup`"
    And "docker volume ls" listed no volume
    When I run "docker compose up -d --wait"
    Then it holds what was written down
    And the member, the upload and the visitor's session are still there

  Scenario Outline: I can reset my environment after <what>, and have it back
    When I reset my environment after "<what>"
    Then the wrong phrase changes nothing
    And the right one removes all: no container, network or volume is left
    And the backup brings all of it back

    Examples:
      | what                      |
      | docker compose down       |
      | ./docker-dev.sh restart   |
      | docker compose up --build |
      | kill -9 of every process  |
      | a restart of the engine   |

  Scenario: The document's checklist before it
    Given a sample stack of its own, running and filled with data
    When I follow "Pre-Cleanup Checklist"
    Then "ls -lh" listed a file "full_backup_" and the time
    And no container, network or volume of the project is left

  Scenario Outline: Anything else than the phrase changes nothing: "<typed>"
    Given a sample stack of its own, running and filled with data
    When I run "./docker-dev.sh clean-all" and type "<typed>"
    Then it ends with exit code 1
    And it says "nothing was changed"
    And every service is as it was before
    And every volume is the same as before

    Examples:
      | typed             |
      | delete everything |
      | DELETE            |
      | yes               |
      |                   |

  Scenario: Nobody can be asked
    Given a sample stack of its own, running and filled with data
    When I run "./docker-dev.sh clean-all"
    Then it ends with exit code 2
    And it says "--yes-delete-everything"
    And every service is as it was before
    And every volume is the same as before
