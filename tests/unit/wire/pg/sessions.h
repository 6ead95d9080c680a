/* sessions.h: the conversations themselves, shared by the tests and the seeds of the fuzzer. */
#ifndef SESSIONS_H
#define SESSIONS_H

#include "session.h"

#define LOGGED \
	"> login user=skill database=shop\n" \
	"< own\n" \
	"< plain\n" \
	"< plain\n" \
	"< own\n" \
	"< logged-in\n"

static const struct session sessions[] = {
	{ "tls, gss, then a newer protocol declined",
	  ">_ @80877103\n"
	  ">_ @80877104\n"
	  ">_ @196610 'user' 'skill' '_pq_.x' '1' #0\n"
	  "<R @0\n"
	  "<Z \"I\"\n",
	  "> own\n> own\n> login user=skill database=skill\n< own\n< logged-in\n" },
	{ "cancel", ">_ @80877102 @0x07010203 @0xdeadbeef\n", "> cancel 7010203/deadbeef\n" },
	{ "login by md5",
	  ">_ @196608 'user' 'skill' 'replication' 'database' #0\n"
	  "<R @5 \"salt\"\n"
	  "<R @0\n" READY("I") ">X\n",
	  "> login user=skill database=skill replication\n< own\nproof 1 salt\n< own\n< logged-in\n> bye\n" },
	{ "login by scram",
	  ">_ @196608 'user' 'skill' #0\n"
	  "<R @10 'SCRAM-SHA-256-PLUS' 'SCRAM-SHA-256' #0\n"
	  "<R @11 \"r=server\"\n"
	  "<R @12 \"v=final\"\n"
	  "<R @0\n" READY("I"),
	  "> login user=skill database=skill\n< own\nproof 2 \n< own\nproof 3 r=server\n< own\nproof 4 v=final\n"
	  "< own\n< logged-in\n" },
	{ "scram cut short",
	  ">_ @196608 'user' 'skill' #0\n"
	  "<R @10 'SCRAM-SHA-256' #0\n"
	  "<R @11 \"r=server\"\n"
	  "<R @0\n",
	  "> login user=skill database=skill\n< own\nproof 2 \n< own\nproof 3 r=server\n"
	  "< BAD the server's login is out of order\n" },
	{ "login refused by the server",
	  ">_ @196608 'user' 'skill' #0\n"
	  "<E \"S\" 'FATAL' \"V\" 'FATAL' \"C\" '3D000' \"M\" 'no such database' #0\n",
	  "> login user=skill database=skill\n< text 'FATAL 'FATAL '3D000 'no such database final\n" },
	{ "simple query",
	  LOGIN
	  ">Q 'SELECT a, b FROM t'\n"
	  "<T %2" COLUMN("a") COLUMN("b") "\n"
	  "<D %2 $\"one\" -\n"
	  "<N \"S\" 'NOTICE' \"M\" 'by the way' #0\n"
	  "<D %2 $\"\" $\"two\"\n"
	  "<C 'SELECT 2'\n" READY("I") ">X\n",
	  LOGGED
	  "> ask #1 query 1 tx=I text=SELECT a, b FROM t\n"
	  "< fields #1 a:1259.2 b:1259.2\n"
	  "< row #1 'one NULL\n"
	  "< text #1 'NOTICE 'by the way\n"
	  "< row #1 ' 'two\n"
	  "< done #1 tag=SELECT 2\n"
	  "< done #1 tx=I upto=1 last\n"
	  "> bye\n" },
	{ "several statements, one wrong, in a transaction",
	  LOGIN
	  ">Q 'BEGIN; SELECT 1; x'\n"
	  "<C 'BEGIN'\n<T %1" COLUMN("?column?") "\n<D %1 $\"1\"\n<C 'SELECT 1'\n"
	  "<E \"S\" 'ERROR' \"C\" '42601' \"M\" 'syntax' #0\n" READY("E")
	  ">Q ''\n<I\n" READY("E"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=BEGIN; SELECT 1; x\n"
	  "< done #1 tag=BEGIN\n"
	  "< fields #1 ?column?:1259.2\n"
	  "< row #1 '1\n"
	  "< done #1 tag=SELECT 1\n"
	  "< text #1 'ERROR '42601 'syntax\n"
	  "< done #1 error=42601 tx=E upto=1 last\n"
	  "> ask #2 query 2 tx=E\n"
	  "< done #2\n"
	  "< done #2 tx=E upto=2 last\n" },
	{ "prepared, described, executed in pieces",
	  LOGIN
	  ">P 's1' 'SELECT a FROM t WHERE b = $1' %1 @23\n>D \"S\" 's1'\n>S\n"
	  "<1\n<t %1 @23\n<T %1" COLUMN("a") "\n" READY("I")
	  ">B 'p' 's1' %0 %1 $\"7\" %1 %1\n>E 'p' @1\n>H\n"
	  "<2\n<D %1 $\"x\"\n<s\n"
	  ">E 'p' @0\n>C \"P\" 'p'\n>S\n"
	  "<D %1 $\"y\"\n<C 'SELECT 1'\n<3\n" READY("I"),
	  LOGGED
	  "> ask #1 parse 1 tx=I text=SELECT a FROM t WHERE b = $1 name=s1\n> plain\n> plain\n"
	  "< done #1 last\n< plain #1\n< fields #1 a:1259.2\n< done tx=I upto=1 last\n"
	  "> ask #2 bind 2 tx=I text=SELECT a FROM t WHERE b = $1 name=p of=1 value=7\n"
	  "> ask #3 execute 3 tx=I text=SELECT a FROM t WHERE b = $1 name=p limit=1 of=1 continues value=7\n> plain\n"
	  "< done #2 last\n< row #3 b'x\n< done #3 last\n"
	  "> ask #4 execute 4 tx=? text=SELECT a FROM t WHERE b = $1 name=p of=1 continues value=7\n"
	  "> plain\n> plain\n"
	  "< row #4 b'y\n< done #4 tag=SELECT 1 last\n< plain\n< done tx=I upto=4 last\n" },
	{ "pipeline with an error in the middle",
	  LOGIN
	  ">P '' 'one' %0\n>B '' '' %0 %0 %0\n>E '' @0\n"
	  ">P '' 'two' %0\n>B '' '' %0 %0 %0\n>E '' @0\n>S\n"
	  ">P '' 'three' %0\n>B '' '' %0 %0 %0\n>E '' @0\n>S\n"
	  "<1\n<2\n<C 'INSERT 0 1'\n"
	  "<E \"S\" 'ERROR' \"C\" '42601' \"M\" 'no' #0\n" READY("I")
	  "<1\n<2\n<C 'INSERT 0 3'\n" READY("I"),
	  LOGGED
	  "> ask #1 parse 1 tx=I text=one\n> plain\n> ask #2 execute 2 tx=I text=one of=1\n"
	  "> ask #3 parse 3 tx=? text=two\n> plain\n> ask #4 execute 4 tx=? text=two of=3\n> plain\n"
	  "> ask #5 parse 5 tx=? text=three\n> plain\n> ask #6 execute 6 tx=? text=three of=5\n> plain\n"
	  "< done #1 last\n< plain #1\n< done #2 tag=INSERT 0 1 last\n"
	  "< text #3 'ERROR '42601 'no\n< done #3 error=42601 tx=I upto=4 last\n"
	  "< done #5 last\n< plain #5\n< done #6 tag=INSERT 0 3 last\n< done tx=I upto=6 last\n" },
	{ "an error, and what the client sends before its Sync",
	  LOGIN
	  ">P '' 'one' %0\n>H\n"
	  "<E \"S\" 'ERROR' \"C\" '42601' \"M\" 'no' #0\n"
	  ">P '' 'DROP TABLE t' %0\n>B '' '' %0 %0 %0\n>E '' @0\n>Q 'SELECT 1'\n>S\n" READY("I")
	  ">Q 'x'\n<C 'X'\n" READY("I"),
	  LOGGED
	  "> ask #1 parse 1 tx=I text=one\n> plain\n< text #1 'ERROR '42601 'no\n"
	  "> plain\n> plain\n> plain\n> plain\n> plain\n< done #1 error=42601 tx=I upto=1 last\n"
	  "> ask #2 query 2 tx=I text=x\n< done #2 tag=X\n< done #2 tx=I upto=2 last\n" },
	{ "copy out as text",
	  LOGIN
	  ">Q 'COPY t TO STDOUT;'\n"
	  "<H #0 %2 %0 %0\n"
	  "<d \"a\\tb\" #9 \"\\N\" #10\n"
	  "<d \"\\x41\\101\\\\\" #9 #10\n"
	  "<c\n<C 'COPY 2'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT;\n"
	  "< fields #1 :0.0 :0.0\n"
	  "< row #1 'a\tb NULL\n"
	  "< row #1 'AA\\ '\n"
	  "< plain #1\n< done #1 tag=COPY 2\n< done #1 tx=I upto=1 last\n" },
	{ "a row of a copy with a field too few, or too many",
	  LOGIN
	  ">Q 'COPY t TO STDOUT;'\n<H #0 %2 %0 %0\n<d \"one\" #10\n",
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT;\n< fields #1 :0.0 :0.0\n"
	  "< BAD a row of a COPY that is not what was announced\n" },
	{ "copy of a table without columns",
	  LOGIN
	  ">Q 'COPY t TO STDOUT'\n<H #0 %0\n<d #10\n<c\n<C 'COPY 1'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT\n< fields #1\n< row #1\n< plain #1\n"
	  "< done #1 tag=COPY 1\n< done #1 tx=I upto=1 last\n" },
	{ "copy out as csv",
	  LOGIN
	  ">Q 'COPY t TO STDOUT CSV'\n<H #0 %2 %0 %0\n<d \"a,b\" #10\n<c\n<C 'COPY 1'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT CSV\n"
	  "< fields #1 :0.0 :0.0\n< row #1 'a 'b\n< plain #1\n< done #1 tag=COPY 1\n< done #1 tx=I upto=1 last\n" },
	{ "copy out as csv with a header, quotes and lines in values",
	  LOGIN
	  ">Q 'COPY t TO STDOUT CSV HEADER'\n<H #0 %3 %0 %0 %0\n<d \"a,b,c\" #10\n"
	  "<d #34 \"x,y\" #34 #34 #34 \",,\" #34 #34 #10\n<d \"1,\" #34 #10 #34 \",3\" #10\n"
	  "<c\n<C 'COPY 2'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT CSV HEADER\n"
	  "< fields #1 :0.0 :0.0 :0.0\n< plain #1\n< row #1 'x,y\" NULL '\n< row #1 '1 '\n '3\n"
	  "< plain #1\n< done #1 tag=COPY 2\n< done #1 tx=I upto=1 last\n" },
	{ "copy out as csv with another escape",
	  LOGIN
	  ">Q 'COPY t TO STDOUT CSV ESCAPE'\n<H #0 %2 %0 %0\n"
	  "<d #34 \"a\" #92 #34 \"b\" #92 #92 #34 \",c\" #10\n<c\n<C 'COPY 1'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT CSV ESCAPE\n"
	  "< fields #1 :0.0 :0.0\n< row #1 'a\"b\\ 'c\n"
	  "< plain #1\n< done #1 tag=COPY 1\n< done #1 tx=I upto=1 last\n" },
	{ "csv whose quote is never closed",
	  LOGIN
	  ">Q 'COPY t TO STDOUT CSV'\n<H #0 %1 %0\n<d #34 \"a\" #34 #34 #10\n",
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT CSV\n< fields #1 :0.0\n"
	  "< BAD a row of a COPY that is not what was announced\n" },
	{ "csv with a quote in the middle of a bare field",
	  LOGIN
	  ">Q 'COPY t TO STDOUT CSV'\n<H #0 %1 %0\n<d \"a\" #34 \"b\" #34 #10\n",
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT CSV\n< fields #1 :0.0\n"
	  "< BAD a row of a COPY that is not what was announced\n" },
	{ "copy out in binary, its header before the first row",
	  LOGIN
	  ">Q 'COPY t TO STDOUT BINARY'\n<H #1 %2 %1 %1\n"
	  "<d \"PGCOPY\" #10 #255 #13 #10 #0 @0 @0 %2 $\"a\" -\n<d %2 - $\"bc\"\n<d %65535\n"
	  "<c\n<C 'COPY 2'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT BINARY\n"
	  "< fields #1 :0.0 :0.0\n< row #1 b'a NULL\n< row #1 NULL b'bc\n< plain #1\n"
	  "< plain #1\n< done #1 tag=COPY 2\n< done #1 tx=I upto=1 last\n" },
	{ "copy out in binary of nothing: header and end in one",
	  LOGIN
	  ">Q 'COPY t TO STDOUT BINARY'\n<H #1 %1 %1\n"
	  "<d \"PGCOPY\" #10 #255 #13 #10 #0 @0 @2 \"xx\" %65535\n<c\n<C 'COPY 0'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT BINARY\n< fields #1 :0.0\n< plain #1\n"
	  "< plain #1\n< done #1 tag=COPY 0\n< done #1 tx=I upto=1 last\n" },
	{ "copy out in binary without its header",
	  LOGIN
	  ">Q 'COPY t TO STDOUT BINARY'\n<H #1 %1 %1\n<d %1 $\"a\"\n",
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT BINARY\n< fields #1 :0.0\n"
	  "< BAD a row of a COPY that is not what was announced\n" },
	{ "copy out in binary, of which the statement said it is text",
	  LOGIN
	  ">Q 'COPY t TO STDOUT'\n<H #1 %1 %1\n<d \"PGCOPY\"\n<c\n<C 'COPY 1'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT\n< fields #1 :0.0\n< row #1 b'PGCOPY\n"
	  "< plain #1\n< done #1 tag=COPY 1\n< done #1 tx=I upto=1 last\n" },
	{ "copy out in a form that nobody knows",
	  LOGIN
	  ">Q 'COPY t TO STDOUT OPAQUE'\n<H #0 %2 %0 %0\n<d \"a;b\" #10\n<c\n<C 'COPY 1'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t TO STDOUT OPAQUE\n"
	  "< fields #1 :0.0\n< row #1 b'a;b\n\n< plain #1\n< done #1 tag=COPY 1\n< done #1 tx=I upto=1 last\n" },
	{ "copy in, simple",
	  LOGIN
	  ">Q 'COPY t FROM STDIN'\n<G #0 %1 %0\n>d \"1\" #10\n>d ~20000\n>c\n<C 'COPY 2'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t FROM STDIN\n< plain #1\n> plain\n> plain (parts)\n> plain\n"
	  "< done #1 tag=COPY 2\n< done #1 tx=I upto=1 last\n" },
	{ "copy in, extended: the first Sync is swallowed",
	  LOGIN
	  ">P '' 'COPY t FROM STDIN' %0\n>B '' '' %0 %0 %0\n>E '' @0\n>S\n"
	  "<1\n<2\n<G #0 %1 %0\n"
	  ">d \"1\" #10\n>c\n>S\n<C 'COPY 1'\n" READY("I")
	  ">Q 'x'\n<C 'X'\n" READY("I"),
	  LOGGED
	  "> ask #1 parse 1 tx=I text=COPY t FROM STDIN\n> plain\n"
	  "> ask #2 execute 2 tx=I text=COPY t FROM STDIN of=1\n> plain\n"
	  "< done #1 last\n< plain #1\n< plain #2\n> plain\n> plain\n> plain\n"
	  "< done #2 tag=COPY 1 last\n< done tx=I upto=2 last\n"
	  "> ask #3 query 3 tx=I text=x\n< done #3 tag=X\n< done #3 tx=I upto=3 last\n" },
	{ "copy in that fails",
	  LOGIN
	  ">Q 'COPY t FROM STDIN'\n<G #0 %1 %0\n>d \"1\" #10\n"
	  "<E \"S\" 'ERROR' \"C\" '22P02' \"M\" 'no' #0\n" READY("I")
	  ">d \"2\" #10\n>c\n>Q 'x'\n<C 'X'\n" READY("I"),
	  LOGGED
	  "> ask #1 query 1 tx=I text=COPY t FROM STDIN\n< plain #1\n> plain\n"
	  "< text #1 'ERROR '22P02 'no\n< done #1 error=22P02 tx=I upto=1 last\n> plain\n> plain\n"
	  "> ask #2 query 2 tx=I text=x\n< done #2 tag=X\n< done #2 tx=I upto=2 last\n" },
	{ "function call and notification",
	  LOGIN
	  ">F @1300 %1 %0 %2 $\"a\" - %1\n<V $\"42\"\n" READY("I")
	  "<A @4242 'channel' 'payload'\n<S 'TimeZone' 'UTC'\n",
	  LOGGED
	  "> ask #1 function 1 tx=I value=a\n< row #1 b'42\n< done #1 tx=I upto=1 last\n"
	  "< text 'channel 'payload\n< plain\n" },
	{ "server shut down", LOGIN "<E \"S\" 'FATAL' \"V\" 'FATAL' \"C\" '57P01' \"M\" 'bye' #0\n",
	  LOGGED "< text 'FATAL 'FATAL '57P01 'bye final\n" },
	{ "an answer to nothing", LOGIN "<C 'SELECT 1'\n",
	  LOGGED "< BAD the server's answer does not fit the question\n" },
	{ "a name of ours", LOGIN ">P '_ilk_c' 'x' %0\n", LOGGED "> BAD a statement's name that begins with _ilk\n" },
	{ "a large row",
	  LOGIN ">Q 'x'\n<T %1" COLUMN("a") "\n<D %1 @2000000 ~2000000\n<C 'SELECT 1'\n" READY("I"),
	  LOGGED "> ask #1 query 1 tx=I text=x\n< fields #1 a:1259.2\n< row (parts) #1\n< done #1 tag=SELECT 1\n"
	  "< done #1 tx=I upto=1 last\n" },
	{ "replaced in doubt: which statement is it?",
	  LOGIN
	  ">P 's' 'one' %0\n>S\n<1\n" READY("I")
	  ">P 's' 'two' %0\n>S\n>B '' 's' %0 %0 %0\n>E '' @0\n>S\n"
	  "<E \"C\" '42P05' #0\n" READY("I") "<2\n<C 'ONE'\n" READY("I")
	  ">B '' 's' %0 %0 %0\n>E '' @0\n>S\n",
	  LOGGED
	  "> ask #1 parse 1 tx=I text=one name=s\n> plain\n< done #1 last\n< done tx=I upto=1 last\n"
	  "> ask #2 parse 2 tx=I text=two name=s\n> plain\n> plain\n> ask #3 execute 3 tx=I\n> plain\n"
	  "< text #2 '42P05\n< done #2 error=42P05 tx=I upto=2 last\n"
	  "< plain\n< done #3 tag=ONE last\n< done tx=I upto=3 last\n"
	  "> plain\n> ask #4 execute 4 tx=I text=one of=1\n> plain\n" },
	{ "an unnamed portal is spent; a Close that was skipped is undone",
	  LOGIN
	  ">P 's' 'one' %0\n>B '' 's' %0 %1 $\"7\" %0\n>E '' @0\n>S\n"
	  "<1\n<2\n<C 'ONE'\n" READY("I")
	  ">P '' 'wrong' %0\n>C \"S\" 's'\n>S\n<E \"C\" '42601' #0\n" READY("I")
	  ">B '' 's' %0 %0 %0\n>E '' @0\n>E '' @0\n>S\n",
	  LOGGED
	  "> ask #1 parse 1 tx=I text=one name=s\n> plain\n"
	  "> ask #2 execute 2 tx=I text=one of=1 value=7\n> plain\n"
	  "< done #1 last\n< plain #1\n< done #2 tag=ONE last\n< done tx=I upto=2 last\n"
	  "> ask #3 parse 3 tx=I text=wrong\n> plain\n> plain\n"
	  "< text #3 '42601\n< done #3 error=42601 tx=I upto=3 last\n"
	  "> plain\n> ask #4 execute 4 tx=I text=one of=1\n> ask #5 execute 5 tx=? text=FETCH ALL FROM \"unnamed\"\n> plain\n" },
	{ "a name SQL could have taken over",
	  LOGIN
	  ">P 's' 'one' %0\n>S\n<1\n" READY("I")
	  ">Q 'DEALLOCATE s; PREPARE s AS two'\n<C 'DEALLOCATE'\n<C 'PREPARE'\n" READY("I")
	  ">B '' 's' %0 %0 %0\n>E '' @0\n>S\n",
	  LOGGED
	  "> ask #1 parse 1 tx=I text=one name=s\n> plain\n< done #1 last\n< done tx=I upto=1 last\n"
	  "> ask #2 query 2 tx=I text=DEALLOCATE s; PREPARE s AS two\n"
	  "< done #2 tag=DEALLOCATE\n< done #2 tag=PREPARE\n< done #2 tx=I upto=2 last\n"
	  "> ask #3 bind 3 tx=I text=EXECUTE \"s\"\n> ask #4 execute 4 tx=I text=FETCH ALL FROM \"unnamed\"\n> plain\n" },
};

#endif
