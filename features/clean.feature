Feature: Cleaning up
  What is no longer wanted goes, what runs goes on, and nothing else is touched. The databases, files and log files
  themselves are looked at, never what volops says of them.

  Scenario: Logs are cleaned while nginx goes on writing them
    Given a sample stack of its own, running and filled with data
    And somebody has asked the proxy for "/static/before-the-cleaning"
    And somebody has asked the backend for "/api/before-the-cleaning/"
    When I run "volops clean-logs --yes"
    Then it succeeds
    And every service is as it was before
    And the proxy's log does not mention "/static/before-the-cleaning"
    And the backend's log in ./backend/logs does not mention "/api/before-the-cleaning/"
    When somebody asks the proxy for "/static/after-the-cleaning"
    And somebody asks the backend for "/api/after-the-cleaning/"
    Then the proxy's log mentions "/static/after-the-cleaning"
    And the backend's log in ./backend/logs mentions "/api/after-the-cleaning/"
    And no process of the proxy or the backend writes to a deleted file
    And every line of packed or rotated logs is gone

  Scenario: The cache is emptied under a running application
    Given a sample stack of its own, running and filled with data
    When I run "volops clean-cache --yes"
    Then it succeeds
    And every service is healthy
    And Redis holds no key of before, and no file of before
    When a key is set, and the cache is killed and started again
    Then the key is there
    And the application serves its pages

  Scenario: Killed outright while the cache is stopped
    Given a sample stack of its own, running and filled with data
    When "volops clean-cache --yes" is killed as soon as the cache has stopped
    And I run "volops status"
    Then it succeeds
    And every service is running and well
    And no helper container is left

  Scenario: Everything of one project goes, and nothing of its neighbours
    Given a fresh stack "box"
    And a neighbour whose project's name begins alike, with the same compose file
    And a stranger's container that uses the volume "things"
    When I run "volops clean-all --yes-delete-everything"
    Then it ends with exit code 1
    And it names the stranger
    And every service is as it was before
    When the stranger leaves
    And I run "volops backup && volops clean-all --yes-delete-everything"
    Then it succeeds
    And no container, network or volume of the project is left
    And the neighbour runs as before, with its data
    And there is one backup, called "full_backup_" and the time
    And the audit log ends with "clean-all", done
    When I run "volops clean-all"
    Then it succeeds
    And it says "nothing to clean"
