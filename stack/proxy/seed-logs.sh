#!/bin/sh
# seed-logs [LINES] [SEED]: fills the logs up to LINES (10,000) with visits of the past weeks.
# They are older than what nginx wrote itself, and yet come after it: the file only ever grows.
set -eu
lines=${1:-10000}
seed=${2:-20251025}
log=/var/log/nginx/access.log
errors=/var/log/nginx/error.log

present=$(wc -l <"$log" 2>/dev/null || echo 0)
missing=$((lines - present))
if [ "$missing" -le 0 ]; then
    echo "logs: $present lines are there already"
    exit 0
fi

visits() {
    awk -v lines="$missing" -v seed="$seed" -v mode="$1" '
    function pick(list, n) { return list[int(rand() * n) + 1] }
    BEGIN {
        srand(seed)
        pages = split("/ /api/status/ /api/users/?limit=24 /api/users/?q=ingrid /api/uploads/?limit=24 /api/uploads/?kind=image /api/sightings/?limit=12 /static/admin/css/base.css /admin/ /media/uploads/2025/07/heron.jpg /favicon.svg /robots.txt /api/login/", page, " ")
        agents = split("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0|Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15|Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36|curl/8.14.1", agent, "|")
        when = 1757404800
        for (i = 0; i < lines; i++) {
            when += int(rand() * 700)
            ip = "198.51.100." (int(rand() * 253) + 1)
            path = pick(page, pages); code = 200; dice = rand()
            if (path == "/robots.txt") code = 404
            else if (path == "/api/login/" && dice < 0.4) code = 401
            else if (dice < 0.02) code = 304
            else if (dice < 0.025) code = 502
            if (mode == "access") {
                stamp = strftime("%d/%b/%Y:%H:%M:%S +0000", when, 1)
                verb = path == "/api/login/" ? "POST" : "GET"
                printf "%s - - [%s] \"%s %s HTTP/1.1\" %d %d \"-\" \"%s\" %.3f\n", ip, stamp, verb, path, code, rand() * 48000, pick(agent, agents), rand() / 4
            } else if (code == 502) {
                stamp = strftime("%Y/%m/%d %H:%M:%S", when, 1)
                printf "%s [error] 21#21: *%d connect() failed (111: Connection refused) while connecting to upstream, client: %s, server: , request: \"GET %s HTTP/1.1\", upstream: \"http://172.18.0.4:8000%s\", host: \"localhost\"\n", stamp, i, ip, path, path
                rand(); rand(); rand()
            } else { rand(); rand(); rand() }
        }
    }'
}

# nginx keeps the file open: new content goes through the same inode, written at its end.
visits access >>"$log"
visits error >>"$errors"
echo "logs: $missing lines added, $(wc -l <"$log") now"
