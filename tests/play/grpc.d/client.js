// client.js ADDRESS CALL [WAY]: the same with @grpc/grpc-js, from the .proto file.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const path = require('path');

const [address, call, way] = process.argv.slice(2);
const file = path.join(__dirname, 'shop.proto');
const { shop } = grpc.loadPackageDefinition(loader.loadSync(file, { keepCase: true, longs: String, defaults: true }));
const client = new shop.Shop(address, grpc.credentials.createInsecure(), way === 'ask-gzip' ? { 'grpc.default_compression_algorithm': 2 } : {});
const deadline = new Date(Date.now() + 20000);

function say(error, answer) {
	if (error)
		console.log(grpc.status[error.code], error.details);
	else
		console.log(JSON.stringify({ ...answer, extra: undefined, photo: undefined }));
}

function stream(it, then) {
	it.on('data', (answer) => {
		console.log(answer.id, answer.card);
		then(answer);
	});
	it.on('error', (error) => console.log(grpc.status[error.code], error.details));
	it.on('end', () => console.log('end'));
}

if (call === 'get') {
	client.Get({ id: 1, way }, { deadline }, say);
} else if (call === 'list') {
	stream(client.List({ way }, { deadline }), () => {});
} else if (call === 'chat') {
	const it = client.Chat({ deadline });
	let sent = 0;
	stream(it, () => (++sent < 3 ? it.write({ id: sent }) : it.end()));
	it.write({ id: 0 });
} else if (call === 'give') {
	client.Give({ id: 1, amount: Number(way) }, { deadline }, say);
} else if (call === 'purge') {
	client.Purge({ id: Number(way) }, { deadline: new Date(Date.now() + 30000) }, say);
}
