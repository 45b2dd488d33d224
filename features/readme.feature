Feature: The README shows what the program prints
  Its commands are run as they are printed there, in the sample stack. What they print is what it shows, but for sizes,
  times and the time in the backup's name.

  Scenario: Thirty seconds
    Given a sample stack of its own, running and filled with data
    And what it holds is written down
    When I run the commands under "Thirty seconds" of the README
    Then each prints what the README shows, but for its numbers
    And it holds what was written down
    And every service is healthy
