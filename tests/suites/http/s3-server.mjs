// s3-server.mjs PORT FOLDER: an S3 of one bucket, that checks signatures, of bodies in chunks too.
import S3rver from 's3rver'
import { front } from './s3-chunks.mjs'

const [port, directory] = process.argv.slice(2)
const server = new S3rver({
	port: 0, address: '127.0.0.1', directory, silent: true, serviceEndpoint: 'amazonaws.com',
	configureBuckets: [{ name: 'shop-files' }],
})
front(Number(port), (await server.run()).port, { S3RVER: 'S3RVER' })
