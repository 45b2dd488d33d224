Feature: Data persists
  What the services of this stack have written to its volumes is still there after what happens to containers
  every day, and after what should not happen. The type of each volume has planted a datum in it, as a service
  would: a row, a key, a file.

  Background:
    Given a copy of the stack, running, with a datum planted in every volume

  @AC1
  Scenario Outline: What was written is still there after <what happened>
    When I run "<commands>"
    Then every service is well
    And the datum in every volume is found
    And every volume is the same as before

    Examples:
      | what happened  | commands                                          |
      | a restart      | docker compose restart                            |
      | stop and start | docker compose stop && docker compose start       |
      | down and up    | docker compose down && docker compose up --detach |

  @AC1
  Scenario: What was written is still there after every container was killed
    When every container is killed
    And I run "docker compose up --detach"
    Then every service is well
    And the datum in every volume is found
    And every volume is the same as before

  @AC2
  Scenario: Tables, keys and files are still there in containers made anew, of images that were built again
    When I run "docker compose up --detach --build --force-recreate"
    Then every service is well
    And the datum in every volume is found
    And every volume is the same as before

  @AC3
  Scenario: Uploaded files are still there after a restart and a replacement of all containers
    When I run "docker compose restart && docker compose up --detach --force-recreate"
    Then every service is well
    And the datum in every volume of files is found
    And every volume is the same as before
