package io.streamsocial.http.peers;

import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** A response body in memory, given up as soon as it is too large, whatever length it announced. */
final class BoundedBody implements BodySubscriber<byte[]> {
  private final long bytesMax;
  private final List<ByteBuffer> received = new ArrayList<>();
  private final CompletableFuture<byte[]> body = new CompletableFuture<>();
  private Flow.@Nullable Subscription subscription;
  private long bytes;

  private BoundedBody(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** The body fails with {@link PeerException} of kind REJECTED when it has more bytes. */
  static BodyHandler<byte[]> handler(long bytesMax) {
    return response -> new BoundedBody(bytesMax);
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer each : buffers) {
      bytes += each.remaining();
    }
    if (bytes <= bytesMax) {
      received.addAll(buffers);
      return;
    }
    received.clear();
    if (subscription != null) {
      subscription.cancel();
    }
    body.completeExceptionally(
        new PeerException(
            PeerException.Kind.REJECTED,
            "its answer has more than %d bytes, more than a correct one can have"
                .formatted(bytesMax)));
  }

  @Override
  public void onError(Throwable failure) {
    body.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    ByteBuffer all = ByteBuffer.allocate((int) Math.min(bytes, bytesMax));
    received.forEach(all::put);
    body.complete(all.array());
  }
}
