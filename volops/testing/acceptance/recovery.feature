Feature: A backup brings everything back
  A backup that volops calls good restores, on a machine on which nothing of the stack is left.

  Background:
    Given a copy of the stack, running, with a datum planted in every volume

  @AC4
  Scenario: A backup is complete, and proven by restoring it where nobody looks
    When it is backed up
    Then it succeeds
    And every volume is in the backup
    When the backup is restored where nobody looks
    Then it succeeds
    And every service is well

  @AC4
  Scenario: All data is lost and comes back
    Given a backup of it
    When I run "docker compose down --volumes"
    Then nothing of it is left
    When it is restored
    Then it succeeds
    When I run "docker compose up --detach"
    Then every service is well
    And the datum in every volume is found
