package io.streamsocial.http.net;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The other end of a connection, as the connection shows it.
 *
 * @param tls null without TLS
 */
record Caller(InetAddress address, @Nullable SSLSession tls) {

  static Caller of(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return new Caller(
        ((InetSocketAddress) channel.remoteAddress()).getAddress(),
        tls == null ? null : tls.engine().getSession());
  }

  /** Whether it presented a certificate; a wrong one would not have passed the handshake. */
  boolean hasCertificate() {
    if (tls == null) {
      return false;
    }
    try {
      return tls.getPeerCertificates().length > 0;
    } catch (SSLPeerUnverifiedException e) {
      return false;
    }
  }
}
