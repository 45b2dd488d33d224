Feature: A backup comes back without volops
  Nobody should need the tool that made a backup to get at what is in it.

  Scenario: The commands of the manual, as they are printed
    Given a sample stack of its own, running and filled with data
    And a new member, a new upload and a visitor who is signed in
    And a backup of it
    And what it holds is written down
    When I run "docker compose down -v"
    And I run the commands of "docs/recovery.md" up to "## By hand"
    Then it succeeds
    And every service is healthy
    And it holds what was written down
    And the member, the upload and the visitor's session are still there
