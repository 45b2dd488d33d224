# Runs in a helper of a service's image, as root: sh -s TARGET, this as standard input.
# Says, as lines "NAME VALUE", what a server made of this image would be.
set -eu
LC_ALL=C
export LC_ALL
for family in redis valkey keydb; do
    server=$(command -v "$family-server") && break
done || { echo "there is no Redis server in it" >&2; exit 1; }
echo "family $family"
echo "server $server"
echo "version $("$server" --version | sed 's/.*[ =]v=\([0-9.]*\).*/\1/')"
checker=$(command -v "$family-check-rdb") || checker=
echo "checker $checker"
for name in "$family" redis; do
    entry=$(grep "^$name:" /etc/passwd | cut -d: -f3,4) || continue
    echo "user $entry"
    break
done
echo "root $(stat -c '%u:%g %a' "$1" 2>/dev/null || :)"
