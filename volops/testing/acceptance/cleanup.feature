Feature: Cleanup takes all of the stack and nothing else
  Afterwards no container, network or volume of it is left, and what belongs to others is untouched, even where
  it is called almost the same.

  Background:
    Given a copy of the stack, running, with a datum planted in every volume

  @AC4
  Scenario: Nothing is removed unless it is asked for in so many words
    When I run "volops clean-all"
    Then it ends with exit code 2
    When I run "volops clean-all" and type "delete everything"
    Then it ends with exit code 1
    And it says "nothing was changed"
    And every volume is the same as before
    And the datum in every volume is found

  @AC4
  Scenario: Everything of it is removed, and the backup brings it back
    Given a backup of it
    And containers, volumes and networks of others, called almost the same
    When I run "volops clean-all" and type "DELETE EVERYTHING"
    Then it succeeds
    And it says "All data in these volumes will be lost"
    And nothing of it is left
    And what belongs to others is untouched
    When it is restored
    Then it succeeds
    When I run "docker compose up --detach"
    Then every service is well
    And the datum in every volume is found
