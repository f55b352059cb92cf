#!/usr/bin/env bash
# Sends one event to clickd from a shell. The event's JSON is the last argument, or stdin.
#
#   send-event.sh stream   '{"event":"Product Viewed",…}'   acknowledged (socat): exit 0 means stored
#   send-event.sh datagram '{"event":"Product Viewed",…}'   logger to the Unix datagram socket
#   send-event.sh udp      '{"event":"Product Viewed",…}'   logger over UDP
#   send-event.sh devudp   '{"event":"Product Viewed",…}'   nothing but bash
#
# Only `stream` knows what became of the event: exit 1 is a refusal (its code on stderr), exit 2 no
# answer; send it again, under the same messageId, until it is one of the other two. The three others
# exit 0 when the datagram left, or in logger's case even when nobody listens.
set -euo pipefail

way=${1:?usage: send-event.sh stream|datagram|udp|devudp [JSON]}
event=$(tr -d '\r\n' <<<"${2-$(cat)}")   # one event is one line; JSON has no bare line breaks inside strings
udp=${CLICKD_UDP:-127.0.0.1:7780}

case $way in
stream)
    # -t: how long socat waits for the answer after it sent all; the daemon closes once it answered.
    answer=$(printf 'CLICKD/1 ACK\n%s\n' "$event" |
        socat -t 10 - "UNIX-CONNECT:${CLICKD_SOCKET:-/run/clickd/clickd.sock}") || true
    if refusal=$(grep '^NO 1 ' <<<"$answer"); then echo "$refusal" >&2; exit 1; fi
    grep -qx 'OK 1' <<<"$answer" || { echo "no answer: not known to be stored" >&2; exit 2; }
    ;;
datagram)
    # -S: logger cuts at 1 KiB unless told otherwise, and half an event is refused as not_json.
    # -t: a tag without a brace; clickd takes the event to start at the first one.
    logger -u "${CLICKD_DATAGRAM:-/run/clickd/clickd.dgram}" -S 65536 -t shop -- "$event"
    ;;
udp)
    logger -n "${udp%:*}" -P "${udp##*:}" -d -S 60000 -t shop -- "$event"
    ;;
devudp)
    # One write is one datagram, and bash writes at most 4,096 bytes at once: a longer event would
    # leave as two halves, both refused.
    (LC_ALL=C; ((${#event} < 4096))) || { echo "too long for one write of bash" >&2; exit 1; }
    printf '%s\n' "$event" >"/dev/udp/${udp%:*}/${udp##*:}"
    ;;
*)
    echo "no such way: $way" >&2
    exit 64
    ;;
esac
