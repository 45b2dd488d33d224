@AC3
Feature: AC3: Uploaded files persist
  Given I upload files or create content, when services restart, then that content should remain available.

  Scenario: The document's validation test of AC3
    Given a sample stack of its own, running and filled with data
    And the engine has an image called "alpine"
    And a new member, a new upload and a visitor who is signed in
    When I follow "AC3: Uploaded Files Persist"
    Then the volume was listed with the same files before and after
    And the member, the upload and the visitor's session are still there

  Scenario Outline: My file is still available after <what>
    When I upload a file by the form, and then there is "<what>"
    Then my file is served as I uploaded it, byte for byte

    Examples:
      | what                      |
      | docker compose down       |
      | ./docker-dev.sh restart   |
      | docker compose up --build |
      | kill -9 of every process  |
      | a restart of the engine   |
