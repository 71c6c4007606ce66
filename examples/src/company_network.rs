//! A network as companies have it, to try out a client in: nothing is reached but through a proxy, and what is reached shows a
//! certificate of an authority that nobody else knows.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The host that the network has a certificate for. No name server knows it.
const HOST: &str = "imagekit.company.example";

/// A network with a single server, until it is dropped.
pub struct CompanyNetwork {
    proxy: String,
    authority: String,
    task: JoinHandle<()>,
}

impl CompanyNetwork {
    /// Starts a network in which the server at this address, `host:port`, is reached as [`base_url`](Self::base_url).
    ///
    /// # Errors
    ///
    /// If no port can be listened on, or no certificate be made.
    pub async fn start(server: &str) -> Result<Self, Box<dyn Error>> {
        let mut params = CertificateParams::new([])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new([HOST.to_owned()])?.signed_by(&key, &authority)?;
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        let tls = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = format!("http://{}", listener.local_addr()?);
        let server = server.to_owned();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, tls) = (server.clone(), tls.clone());
                // A connection that fails is seen by its client.
                tokio::spawn(async move { tunnel(stream, &server, tls).await });
            }
        });
        Ok(Self {
            proxy,
            authority: authority.pem(),
            task,
        })
    }

    /// Returns the base URL of the server.
    pub fn base_url(&self) -> String {
        format!("https://{HOST}")
    }

    /// Returns the URL of the proxy.
    pub fn proxy(&self) -> &str {
        &self.proxy
    }

    /// Returns the certificate of the authority, in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl Drop for CompanyNetwork {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Does what proxy and server do for one connection: `CONNECT`, TLS, and the bytes.
async fn tunnel(stream: TcpStream, server: &str, tls: TlsAcceptor) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let status = match line.split(' ').collect::<Vec<_>>()[..] {
        ["CONNECT", target, _] if target == format!("{HOST}:443") => "200 OK",
        _ => "403 Forbidden",
    };
    while line.trim_end() != "" {
        line.clear();
        stream.read_line(&mut line).await?;
    }
    let response = format!("HTTP/1.1 {status}\r\n\r\n");
    stream.write_all(response.as_bytes()).await?;
    if status != "200 OK" {
        return Ok(());
    }
    let mut stream = tls.accept(stream).await?;
    let mut server = TcpStream::connect(server).await?;
    copy_bidirectional(&mut stream, &mut server).await?;
    Ok(())
}
