@AC1
Feature: AC1: Data persists between restarts
  Given I create data in the application, when I stop and restart services, then my data should still be present.

  Scenario: The document's validation test of AC1
    Given a sample stack of its own, running and filled with data
    When I follow "AC1: Data Persists Between Restarts"
    Then Django's shell answered "True"

  Scenario Outline: My data is still present after <what>
    When I create data in the application, and then there is "<what>"
    Then my data is still present
    And I am still signed in

    Examples:
      | what                      |
      | docker compose down       |
      | ./docker-dev.sh restart   |
      | docker compose up --build |
      | kill -9 of every process  |
      | a restart of the engine   |
