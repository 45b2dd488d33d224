Feature: The document's troubleshooting
  Each symptom is produced, what volops says of it is read, the solution is followed as it is printed, and the
  symptom is gone.

  Scenario: Backup fails with "Database Not Running"
    Given a sample stack of its own, running and filled with data
    And the service "db" is stopped
    When I run "./docker-dev.sh backup"
    Then it ends with exit code 3
    And it says "database is not running" and "volops start db"
    When I follow "Issue: Backup Fails with "Database Not Running""
    Then it says "complete"
    And the newest backup is an archive with "db_backup_" in it

  Scenario: Restore doesn't apply changes
    Given a fresh stack "board"
    And the database "books" has 1000 entries
    When I run "./docker-dev.sh backup-db"
    And 500 entries are changed and 200 are added
    And I run "./docker-dev.sh restart"
    And I run "./docker-dev.sh restore --yes" with the snapshot
    Then the database "books" has 1000 entries again, the same as before
    But the application remembers 1200 entries
    And it says "if they keep data in memory, `volops restart web` makes them read anew"
    When I follow "Issue: Restore Doesn't Apply Changes"
    Then the application remembers 1000 entries

  Scenario: Volume disk space full
    Given a fresh sample stack, with room for 2 MiB in "proxy-logs"
    When the logs of nginx fill the volume
    Then nothing can be written to "/var/log/nginx" of "proxy": "No space left on device"
    When I follow "Issue: Volume Disk Space Full", but not "docker system prune"
    Then it says "proxy-logs" and "freed"
    And something can be written to "/var/log/nginx" of "proxy" again
    And every service is running and well

  Scenario: Unused Docker resources go, and nothing that is used
    When I follow "Issue: Volume Disk Space Full" on an engine where there are things that nobody needs
    Then what nobody needs is gone
    And every service goes on, with its database, uploads and static files

  Scenario: Can't delete volume (in use)
    Given a sample stack of its own, running and filled with data
    When I remove the volume "frontend-node-modules"
    Then it does not succeed
    And it says "volume is in use"
    When I follow "Issue: Can't Delete Volume (In Use)"
    Then the volume "frontend-node-modules" is gone
    When I run "./docker-dev.sh start"
    Then it succeeds

  Scenario: Backup directory not found
    Given the ledger, with its entries and receipts
    And nothing can be made in the project's directory
    When I run "./docker-dev.sh backup"
    Then it does not succeed
    And it says "backups"
    When I follow "Issue: Backup Directory Not Found"
    Then it says "complete"
    And the newest backup is an archive with "db_backup_" in it

  Scenario: PostgreSQL won't start after restore
    Given a sample stack of its own, running and filled with data
    And what it holds is written down
    When I run "./docker-dev.sh backup && cp ./backups/full_backup_*.tar.gz ./backups/good_backup.tar.gz"
    And the cluster in "postgres-data" is damaged
    And I run "./docker-dev.sh start --timeout 15"
    Then it does not succeed
    And it says "db"
    When I follow "Issue: PostgreSQL Won't Start After Restore", whose "docker volume rm" fails
    Then it says "could not locate a valid checkpoint record" and "volume is in use"
    And it does not say "Restart backend"
    And it says "backend, proxy: not seen to be well without db"
    And it holds what was written down
    And every service is running and well

  Scenario: Lost data after `docker compose down -v`
    Given a sample stack of its own, running and filled with data
    And a new member, a new upload and a visitor who is signed in
    And what it holds is written down
    When I run "./docker-dev.sh backup"
    And I run "docker compose down -v"
    Then no container, network or volume of the project is left
    When I follow "Issue: Lost Data After `docker compose down -v`"
    And I run "./docker-dev.sh start"
    Then it holds what was written down
    And the member, the upload and the visitor's session are still there
