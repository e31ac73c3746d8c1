"""Moves a file up and down by FTPS: both versions of TLS, passive and active.
Parameters: port, the file to send, a name for it on the server."""
import ftplib
import io
import ssl
import sys

port, path, name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
with open(path, "rb") as source:
    content = source.read()
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    for passive in (True, False):
        client = ftplib.FTP_TLS(context=context, timeout=20)
        client.connect("127.0.0.1", port)
        client.login("user", "pass")
        client.prot_p()
        client.set_pasv(passive)
        client.storbinary("STOR " + name, io.BytesIO(content))
        back = io.BytesIO()
        client.retrbinary("RETR " + name, back.write)
        assert back.getvalue() == content, (version, passive)
        assert name in client.nlst()
        client.quit()
        print(version.name, "passive" if passive else "active")
