Feature: Data persists between restarts
  What somebody puts into the application is still there after its services were stopped, restarted,
  or taken away and made anew (acceptance criterion AC1).

  Background:
    Given the sample stack, running and filled with data

  Scenario Outline: What was put in is still there after <what happened>
    Given a new member, a new upload and a visitor who is signed in
    When I run "<commands>"
    Then it succeeds
    And every service is healthy
    And the member, the upload and the visitor's session are still there
    And every volume is the same as before

    Examples:
      | what happened        | commands                                             |
      | stop and start       | volops stop && volops start                          |
      | a restart            | volops restart                                       |
      | down and up          | docker compose down && docker compose up -d --wait   |
      | a rebuild            | volops rebuild backend                               |
