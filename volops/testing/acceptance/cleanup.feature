Feature: Cleanup takes all of the stack and nothing else
  Afterwards no container, network or volume of it is left, and what belongs to others is untouched, even where
  it is called almost the same.

  Background:
    Given a copy of the stack, running, with a datum planted in every volume

  @AC4
  Scenario: Everything of it is removed
    Given containers, volumes and networks of others, called almost the same
    When everything of it is removed
    Then nothing of it is left
    And what belongs to others is untouched
