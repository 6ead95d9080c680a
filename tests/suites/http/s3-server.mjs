// s3-server.mjs PORT FOLDER: an S3 of one bucket, that checks signatures.
import S3rver from 's3rver'

const [port, directory] = process.argv.slice(2)
await new S3rver({
	port: Number(port), address: '127.0.0.1', directory, silent: true, serviceEndpoint: 'amazonaws.com',
	configureBuckets: [{ name: 'shop-files' }],
}).run()
