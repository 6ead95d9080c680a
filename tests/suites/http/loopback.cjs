// loopback.cjs: a server that would listen on every address listens on this machine's own
// alone; given to node with --require.
'use strict'
const { Server } = require('net')
const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...more) {
	if (typeof port !== 'object' && typeof more[0] !== 'string') more.unshift('127.0.0.1')
	return listen.call(this, port, ...more)
}
