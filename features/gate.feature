Feature: The same criteria for a stack that nobody here wrote
  Somebody has a compose project and wants to know whether its data is safe. The gate works on a copy: the
  project itself may be running, and be needed.

  Scenario: A stack that fixes names, ports, addresses and volumes of others is judged while it runs
    Without a line of test code: a row in its PostgreSQL, a key in its Redis, files in its other volumes.

    Given a shop, running, which fixes by name all that it can
    And a file in each volume that is its own
    And I am in an empty directory beside the project
    When I run "pytest --pyargs volops.testing.acceptance --stack ../project"
    Then it succeeds
    And it says "10 passed"
    And every service is as it was before
    And every volume is the same as before
    And the files are there, and no others
    And the directory "shelf" of the project holds what its services put there, and no more
    And nothing of a gate is left
    And its report says that the criteria "AC1, AC2, AC3, AC4" are met

  Scenario: A stack that would share the engine with its copy is refused
    Given I am in an empty directory
    And the file "compose.yaml" with a service that controls the engine
    When I run "pytest --pyargs volops.testing.acceptance --stack compose.yaml"
    Then it ends with exit code 1
    And it says "by which it controls the engine" and "--stack compose.gate.yaml"
    And nothing of a gate is left
