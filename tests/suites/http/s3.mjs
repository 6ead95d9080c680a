// s3.mjs: the AWS SDK against S3, by its own addresses. It has keys of its environment, and
// who answers asks for others unless those are the right ones.
import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'
import * as aws from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const { check, faultOf } = createRequire(import.meta.url)('./check.js')
const Bucket = 'shop-files'
// the server does not know the checksums that newer clients send unasked
const client = new aws.S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' })
const send = (name, input) => client.send(new aws[`${name}Command`]({ Bucket, ...input }))
const pick = (from, ...names) => Object.fromEntries(names.map(name => [name, from[name]]))
const digest = bytes => `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`
const body = async said => digest(Buffer.from(await said.Body.transformToByteArray()))
const bytes = n => Buffer.alloc(n, 'Interlock reads what a skill sends. ')

async function objects() {
	await check('put', () => send('PutObject', { Key: 'a.txt', Body: 'hello', ContentType: 'text/plain', Metadata: { who: 'ada' } }).then(said => said.ETag))
	await check('get', async () => {
		const said = await send('GetObject', { Key: 'a.txt' })
		return [pick(said, 'ContentType', 'ContentLength', 'Metadata', 'ETag'), await said.Body.transformToString()]
	})
	await check('head', async () => pick(await send('HeadObject', { Key: 'a.txt' }), 'ContentType', 'ContentLength', 'Metadata'))
	await check('a part of it', async () => (await send('GetObject', { Key: 'a.txt', Range: 'bytes=1-3' })).Body.transformToString())
	for (const Key of ['with blank.txt', 'plus+and&and=.txt', 'päth/üml.txt', "it's (1)!*.txt", 'deep/er/est.txt', 'percent%41.txt', 'tilde~_-.txt'])
		await check(`a key as ${Key}`, async () => {
			await send('PutObject', { Key, Body: Key, ContentType: 'text/plain' })
			return (await send('GetObject', { Key })).Body.transformToString()
		})
	await check('nothing in it', async () => {
		await send('PutObject', { Key: 'empty', Body: '', ContentType: 'text/plain' })
		return body(await send('GetObject', { Key: 'empty' }))
	})
	await check('3 MB', async () => {
		await send('PutObject', { Key: 'big.txt', Body: bytes(3e6), ContentType: 'text/plain' })
		return body(await send('GetObject', { Key: 'big.txt' }))
	})
	await check('copy', async () => {
		await send('CopyObject', { Key: 'b.txt', CopySource: `${Bucket}/a.txt` })
		return (await send('GetObject', { Key: 'b.txt' })).Body.transformToString()
	})
	await check('no such key', () => faultOf(send('GetObject', { Key: 'nothing' })))
	await check('no such key, head', () => faultOf(send('HeadObject', { Key: 'nothing' })))
	await check('if it has changed', () => faultOf(send('GetObject', { Key: 'a.txt', IfNoneMatch: '"5d41402abc4b2a76b9719d911017c592"' })))
}

async function lists() {
	await check('buckets', async () => (await client.send(new aws.ListBucketsCommand({}))).Buckets.map(b => b.Name))
	await check('bucket is there', async () => (await send('HeadBucket', {})).$metadata.httpStatusCode)
	await check('list', async () => (await send('ListObjectsV2', {})).Contents.map(o => [o.Key, o.Size]))
	await check('list, the old way', async () => (await send('ListObjects', {})).Contents.map(o => o.Key))
	await check('list below', async () => pick(await send('ListObjectsV2', { Prefix: 'deep/', Delimiter: '/' }), 'CommonPrefixes', 'KeyCount', 'Prefix'))
	await check('list in pages', async () => {
		const pages = []
		for await (const page of aws.paginateListObjectsV2({ client, pageSize: 3 }, { Bucket })) pages.push(page.Contents.map(o => o.Key))
		return pages
	})
}

async function parts() {
	await check('in parts', async () => {
		const { UploadId } = await send('CreateMultipartUpload', { Key: 'parts', ContentType: 'text/plain' })
		const Parts = []
		for (const PartNumber of [1, 2])
			Parts.push({ PartNumber, ETag: (await send('UploadPart', { Key: 'parts', UploadId, PartNumber, Body: bytes(5.5e6) })).ETag })
		await send('CompleteMultipartUpload', { Key: 'parts', UploadId, MultipartUpload: { Parts } })
		return [Parts.map(part => part.ETag), await body(await send('GetObject', { Key: 'parts' }))]
	})
	await check('an upload by the library', async () => {
		await new Upload({ client, partSize: 5 << 20, queueSize: 3, params: { Bucket, Key: 'uploaded', Body: bytes(12e6), ContentType: 'text/plain' } }).done()
		return body(await send('GetObject', { Key: 'uploaded' }))
	})
	await check('given up', async () => {
		const { UploadId } = await send('CreateMultipartUpload', { Key: 'given-up' })
		return faultOf(send('AbortMultipartUpload', { Key: 'given-up', UploadId }).then(said => said.$metadata.httpStatusCode))
	})
}

async function presigned() {
	await check('presigned get', async () => {
		const said = await fetch(await getSignedUrl(client, new aws.GetObjectCommand({ Bucket, Key: 'a.txt' }), { expiresIn: 300 }))
		return [said.status, await said.text()]
	})
	await check('presigned put', async () => {
		const url = await getSignedUrl(client, new aws.PutObjectCommand({ Bucket, Key: 'presigned.txt' }), { expiresIn: 300 })
		const said = await fetch(url, { method: 'PUT', body: 'by a link' })
		return [said.status, await (await send('GetObject', { Key: 'presigned.txt' })).Body.transformToString()]
	})
}

await objects()
await lists()
await parts()
await presigned()
await check('many at once', async () => Promise.all(Array.from({ length: 16 }, async (_, i) => {
	await send('PutObject', { Key: `many/${i}`, Body: `number ${i}`, ContentType: 'text/plain' })
	return (await send('GetObject', { Key: `many/${i}` })).Body.transformToString()
})))
await check('delete', async () => (await send('DeleteObject', { Key: 'b.txt' })).$metadata.httpStatusCode)
await check('delete several', async () => {
	const said = await send('DeleteObjects', { Delete: { Objects: [{ Key: 'a.txt' }, { Key: 'empty' }, { Key: 'with blank.txt' }] } })
	return said.Deleted.map(one => one.Key).sort()
})
await check('delete all', async () => {
	const { Contents } = await send('ListObjectsV2', {})
	await send('DeleteObjects', { Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } })
	return (await send('ListObjectsV2', {})).KeyCount
})
process.exit(0)
