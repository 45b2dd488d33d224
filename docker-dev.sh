#!/usr/bin/env bash
# The commands of docs/persistent-data-management.md, on top of volops.
set -euo pipefail

help() {
    cat <<'HELP'
Usage: ./docker-dev.sh COMMAND [ARGUMENT...]

  volumes, status              what there is, and how safe it is
  start, stop, restart, rebuild [SERVICE...]
  exec SERVICE COMMAND...      run a program in a running service

  backup                       all of it, as ./backups/full_backup_YYYYMMDD_HHMMSS.tar.gz
  backup-db                    the database, as ./backups/db_backup_YYYYMMDD_HHMMSS.sql
  restore [FILE]               asks first; without FILE it lists the backups; of several files it takes
                               the newest, and `latest` or latest.tar.gz is the newest there is

  clean, clean-containers      containers and networks go, all data stays
  clean-logs                   log files
  clean-cache                  what Redis holds
  clean-all                    EVERYTHING; asks for a phrase first

  backend-shell, db-shell      Django's shell, psql
  backend-makemigrations       the new files are brought to ./stack/backend as well
  backend-migrate

All options are those of volops (`./docker-dev.sh restore --help`), and so are the exit codes. Every other
command is volops' own as well: list, show, verify, bundle, rollback, commit, logs, ...
HELP
}

case ${1:-help} in help | -h | --help) help; exit ;; esac

here=$(cd "$(dirname "$0")" && pwd)
program=$here/.venv/bin/volops
[ -x "$program" ] || program=$(command -v volops) || {
    echo "docker-dev.sh: volops is not installed here: run 'make setup' in $here" >&2
    exit 1
}
# As for compose itself, the files of the working directory count; called from elsewhere, ours do.
project=()
[ "$PWD" = "$here" ] || project=(--project-directory "$here")

volops() {
    "$program" "${project[@]}" "$@"
}

# With arguments (volumes, options) a backup is volops' own, a directory. Without, it is one file as the
# document has it: its rotation deletes full_backup_*.tar.gz, so a directory that stayed would stay for ever.
backup() {
    [ $# -eq 0 ] || exec_volops backup "$@"
    local line name='' made
    # The name that it prints, not `latest`: another backup may end at the same time.
    while IFS= read -r line; do
        printf '%s\n' "$line"
        [[ $line != full_backup_*' complete: '* ]] || name=${line%% *}
    done < <(volops backup)
    wait $!
    made=$(volops show "$name" --json | sed -n 's/^ *"path": "\(.*\)".*/\1/p' | head -n 1)
    volops bundle "$made"
    rm -r -- "$made"
}

restore() {
    local archives=() chosen
    while [[ ${1:-} == *.tar.gz || ${1:-} == latest ]]; do
        archives+=("$1")
        shift
    done
    [ ${#archives[@]} -gt 0 ] || exec_volops restore "$@"
    chosen=$(one_of "${archives[@]}")
    [ "$chosen" = "${archives[0]}" ] || echo "docker-dev.sh: the newest is $chosen" >&2
    exec_volops restore "$chosen" "$@"
}

# one_of FILE...: the newest by the time in its name. Shells give several for ./backups/full_backup_*.tar.gz.
one_of() {
    local directory newest=
    if [ $# -gt 1 ]; then
        newest=$(printf '%s\n' "$@" | newest)
    elif [[ ${1##*/} == latest || ${1##*/} == latest.tar.gz ]] && [ ! -e "$1" ]; then
        case $1 in */*) directory=${1%/*} ;; *) directory=$here/backups ;; esac
        newest=$(find "$directory" -maxdepth 1 -name 'full_backup_[0-9]*' | newest)
    fi
    printf '%s\n' "${newest:-$1}"
}

# newest: of the paths on standard input, wherever each of them is.
newest() {
    sed -E 's,^(.*[^0-9])?([0-9]{8}_[0-9]{6})[^/]*$,\2 &,; t; s,^,- &,' | LC_ALL=C sort | tail -n 1 | cut -d ' ' -f 2-
}

# A migration that stays in the container is lost when its image is built again.
makemigrations() {
    volops exec backend python manage.py makemigrations "$@"
    volops exec backend sh -c 'tar -cf - */migrations/*.py' |
        tar -xf - --no-same-owner --skip-old-files -C "$here/stack/backend"
}

exec_volops() {
    exec "$program" "${project[@]}" "$@"
}

command=$1
shift
case $command in
    backup) backup "$@" ;;
    restore) restore "$@" ;;
    backend-shell) exec_volops exec backend python manage.py shell "$@" ;;
    backend-makemigrations) makemigrations "$@" ;;
    backend-migrate) exec_volops exec backend python manage.py migrate "$@" ;;
    *) exec_volops "$command" "$@" ;;
esac
