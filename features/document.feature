Feature: The document, followed to the letter
  The shell snippets of docs/persistent-data-management.md are typed at a terminal as they are printed, and what
  they ask is answered. Only what the document cannot know is filled in: what the volumes of this stack begin
  with instead of "app-", the time in a backup's name, and where the project is. The validation tests are
  followed in the features of the acceptance criteria, the solutions in that of the troubleshooting.

  Scenario: Looking at what there is
    Given a sample stack of its own, running and filled with data
    When I follow "Volume Inspection"
    Then it says "postgres-data" and "redis-data" and "backend-media" and "backend-static"
    And it says "frontend-node-modules" and "proxy-logs"
    When I follow "Service Status"
    Then it says "healthy" and "Last backup"
    When I follow "Database Integrity"
    Then it says "auth_user" and "django_migrations"
    When I follow "Volume Health"
    Then it says "Mountpoint"
    When I follow "Volume Monitoring"
    Then it says "Local Volumes space usage"

  Scenario: A full backup is one file with the contents that the document lists, and comes back
    Given a sample stack of its own, running and filled with data
    And what it holds is written down
    When I follow "Full Backup"
    And I follow "Verify Backups"
    Then there is nothing in the backups but one archive with these files, and a manifest
      | db_backup_YYYYMMDD_HHMMSS.sql         |
      | media_backup_YYYYMMDD_HHMMSS.tar.gz   |
      | static_backup_YYYYMMDD_HHMMSS.tar.gz  |
    When I follow "Secure Storage"
    And the tables of "backend_db" and "analytics" are dropped
    And all uploads and static files are deleted
    And every key of Redis is flushed
    And I follow "Full Restore"
    Then it says "Type yes to replace the live data"
    And it holds what was written down

  Scenario: A backup is encrypted for somebody, who can read it
    Given the ledger, with its entries and receipts
    And admin@example.com has a key, which is known here
    When I run "./docker-dev.sh backup && cp ./backups/full_backup_*.tar.gz full_backup.tar.gz"
    And I follow "Encrypt Backups"
    Then admin@example.com can read "full_backup.tar.gz.gpg", and it is the backup
    And somebody without the key cannot read "full_backup.tar.gz.gpg"

  Scenario: After the restore, as the document says
    Given a sample stack of its own, running and filled with data
    When I follow "Post-Restore Steps"
    Then Django's shell answers with the number of users
    And every service is healthy

  Scenario: The database alone, there and back
    Given a sample stack of its own, running and filled with data
    And what it holds is written down
    When I follow "Database-Only Backup"
    And I run "docker compose exec -T db psql -U postgres backend_db -c 'DROP TABLE fieldnotes_comment'"
    And I follow "Database-Only Restore"
    Then it holds what was written down
    And every service is running and well

  Scenario: One volume alone, by hand
    Given a sample stack of its own, running and filled with data
    And what it holds is written down
    And the engine has an image called "alpine"
    When I follow "Full Backup"
    And I run "tar xzf ./backups/full_backup_*.tar.gz -C ./backups"
    And I run "docker compose exec -T backend find /app/media -mindepth 1 -delete"
    And I follow "Partial Restore"
    Then the uploads are what was written down, to the second

  Scenario: What cron runs
    Given a sample stack of its own, running and filled with data
    And cron is to run the project's commands
    And the backups have a full backup of 40 days ago
    When cron runs what is under "Automated Backup Schedule (Production)"
    Then the backups are 2 archives of today
    And the log of cron says "bundled"

  Scenario: The newest backup is the latest, and old ones go
    Given a sample stack of its own, running and filled with data
    And what it holds is written down
    And cron is to run the project's commands
    When cron runs what is under "Automated Backups"
    And the backups have a full backup of 40 days ago
    And every key of Redis is flushed
    And I follow "Test Restores"
    Then it holds what was written down
    When I follow "Backup Retention"
    Then the backups are 1 archives of today

  Scenario: What developers do from time to time
    Given a sample stack of its own, running and filled with data
    And what it holds is written down
    When I follow "Development Environment"
    And I follow "Clean Containers Only"
    Then it says "nothing to clean"
    When I run "./docker-dev.sh start"
    Then it holds what was written down
    When I follow "Clean Redis Cache"
    Then every key of Redis is gone
    And every service is healthy

  Scenario: The quick reference, from top to bottom
    Given a sample stack of its own, running and filled with data
    When I follow "Quick Reference"
    Then it says "restored from full_backup_" and "freed"
    And no container, network or volume of the project is left

  Scenario: Nothing is left out but what must not be tried here
    Then every snippet of the document is followed in some feature, but these
      | aws s3 sync ./backups/ s3://my-bucket/backups/ | a store that is not ours             |
      | sudo usermod -aG docker username               | changes who may do what on a machine |
