"""A shell script that makes one file of every kind that simple copies get wrong, in /tree."""

MAKE_ODD_FILES = r"""
cd /tree
echo plain >plain
echo empty lines are kept >"$(printf 'a name with\na line break')"
echo été >"été — ☃ 'quoted' \"twice\" \$HOME"
echo dash >./-rf
long=$(printf 'x%.0s' $(seq 200)); mkdir -p "$long/$long"; echo deep >"$long/$long/$long"
: >empty
printf '\000\001\377' >binary
echo owned >owned; chown 12345:2000000000 owned
echo suid >suid; chmod 4755 suid
mkdir sticky; chmod 3777 sticky
mkdir -m 0700 closed; echo in >closed/in; chmod 0000 closed/in
ln -s plain symlink; ln -s /nowhere/at/all dangling; ln -s symlink twice
ln plain hardlink; ln symlink hardlink-of-symlink
mkfifo fifo; mknod null c 1 3
dd if=/dev/zero of=sparse bs=1 count=1 seek=200M status=none; echo end >>sparse
echo attr >attributes; setfattr -n user.colour -v blue attributes; setfattr -n user.empty attributes
echo acl >access; setfacl -m u:1234:rw,g:4321:r access
mkdir inherited; setfacl -d -m u:1234:rwx inherited
echo cap >capable; setfattr -n security.capability -v 0sAQAAAgAEAAAAAAAAAAAAAAAAAAA= capable
touch -d '1999-12-31 23:59:59.123456789 UTC' old; touch -h -d '2001-02-03 04:05:06.7 UTC' dangling
touch -d '2038-01-20 00:00:00.000000001 UTC' future
chown 4711:4712 .; chmod 0751 .; touch -d '2011-11-11 11:11:11.111111111 UTC' closed sticky .
"""
