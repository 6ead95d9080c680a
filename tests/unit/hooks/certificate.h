/* certificate.h: an authority's certificate for tests, and the hash of its name. Its key was thrown away. */
#ifndef TESTS_CERTIFICATE_H
#define TESTS_CERTIFICATE_H

#define TEST_HASH "3387b84d"
#define TEST_CERTIFICATE \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBezCCASGgAwIBAgIULG1dni6mjT48v/kxTIlwsgoHP+cwCgYIKoZIzj0EAwIw\n" \
	"EjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yNjExMjcyMDIzMjBaGA8yMTI2MTEwMzIw\n" \
	"MjMyMFowEjEQMA4GA1UEAwwHVGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n" \
	"A0IABG28EOOK7OvmLhETThUpBoeaO9quGP2gmwiiCtUlImVFWJrdsFK63PSh01V1\n" \
	"50R+p7/uQS4+hhkoJ93P9JBukLKjUzBRMB0GA1UdDgQWBBRj/ATfws6BJ9xDwg92\n" \
	"ivIbGEvdQjAfBgNVHSMEGDAWgBRj/ATfws6BJ9xDwg92ivIbGEvdQjAPBgNVHRMB\n" \
	"Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIAO1nx2TXUjeCWaIxsCqr0zMAEVc\n" \
	"ezRdklHA341nL539AiEAtbWZziKV7LujtnocwfrVPB4dCDbUGbf0AipEgqUW0Gs=\n" \
	"-----END CERTIFICATE-----\n"

#endif
