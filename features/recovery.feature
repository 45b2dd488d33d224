Feature: A backup comes back without volops
  Nobody should need the tool that made a backup to get at what is in it.

  Scenario: The commands of the manual, as they are printed
    Given a sample stack of its own, running and filled with data
    And a new member, a new upload and a visitor who is signed in
    And the file "kept.log" is in the volume "proxy-logs"
    And I run "volops backup-db"
    And I run "volops backup --all"
    And what it holds is written down
    When I run "docker compose down -v"
    And I run the commands of "docs/recovery.md" under "From the files of a backup"
    Then it succeeds
    And every service is healthy
    And it holds what was written down
    And the member, the upload and the visitor's session are still there
    And the file "kept.log" is in the volume "proxy-logs" again

  Scenario: A bundle and the commands of the manual
    Given a sample stack of its own, running and filled with data
    And a backup of it
    And I run "volops bundle latest"
    And what it holds is written down
    When I run "docker compose down -v"
    And I run the commands of "docs/recovery.md" under "From a bundle"
    Then it succeeds
    And every service is healthy
    And it holds what was written down
