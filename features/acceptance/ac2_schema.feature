@AC2
Feature: AC2: Schema changes persist
  Given I update database schema, when I restart services, then schema changes should be preserved.

  Scenario: The document's validation test of AC2, with a new model of mine
    Given a sample stack of its own, running and filled with data
    And I have written a new model, and the backend runs on it
    And the container of the backend is known
    When I follow "AC2: Schema Changes Persist"
    Then the backend runs in another container than before
    And the table of my model is there, and its migration in the history
    And every migration is shown as "[X]" applied, mine too

  Scenario Outline: My schema change is preserved after <what>
    When I update the database schema, and then there is "<what>"
    Then my table, its rows and the history of migrations are what they were
    And every migration is applied

    Examples:
      | what                      |
      | docker compose down       |
      | ./docker-dev.sh restart   |
      | docker compose up --build |
      | kill -9 of every process  |
      | a restart of the engine   |
