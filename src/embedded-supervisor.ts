// The process between the caller and an embedded server. It makes the folder, runs initdb and postgres in it, and
// removes both when its standard input ends, which the kernel sees to however the caller dies, SIGKILL included.
//
// A shell script, not node: it starts in 2 ms, takes 1 MB, needs no TypeScript loader in the child, and, started as
// the server's account, owns all it has to kill and remove. It makes the folder itself, so that there is no moment at
// which a folder exists that nobody watches.

/**
 * `sh -c SCRIPT sh FOLDER NATIVE PORT [name=value …]`; NATIVE `-` means: unpack a tar of it from descriptor 3.
 * Standard input, one item a line, then held open for as long as the server shall live:
 * ```
 * link libpq.so.5.18 lib/libpq.so.5
 * initdb --locale=C
 * password 5f0c…
 * ```
 */
export const supervisorScript = String.raw`
umask 077
trap '' HUP INT QUIT TERM PIPE
folder=$1 native=$2 port=$3
shift 3

leave() { cd / && rm -rf -- "$folder"; exit "$1"; }

mkdir -- "$folder" && cd -- "$folder" || exit 73

if [ "$native" = - ]; then
  native=$folder/native
  mkdir native && tar -xf - -C native <&3 || leave 74
  exec 3<&-
fi

password= initdb=
while read -r word first second; do
  case $word in
    link) ln -s -- "$first" "$native/$second" ;;
    initdb) initdb="$initdb $first" ;;
    password) password=$first; break ;;
  esac
done
# No password: the caller was gone before it could say it.
[ -n "$password" ] || leave 75
printf '%s\n' "$password" >password

# Unquoted: one word each, from us.
"$native/bin/initdb" --pgdata=data --username=postgres --pwfile=password --auth=scram-sha-256 --encoding=UTF8 \
  $initdb --no-sync --no-instructions >log 2>&1 || { cat log >&2; leave 76; }
rm -f password

for setting; do set -- "$@" -c "$setting"; shift; done
"$native/bin/postgres" -D data -p "$port" "$@" </dev/null >log 2>&1 &
server=$!

# Immediate shutdown: the folder is thrown away. Again until it is heard: before postgres has set up its handlers,
# QUIT is ignored, as it is for every background job of a shell.
exec 4<&0 </dev/null
{ cd /; while read -r word; do :; done; while kill -QUIT "$server"; do sleep 0.05; done; } <&4 >/dev/null 2>&1 &
watch=$!
exec 4<&-

wait "$server"
status=$?
kill -KILL "$watch" 2>/dev/null
[ "$status" -eq 0 ] || tail -n 20 log >&2
leave "$status"
`
