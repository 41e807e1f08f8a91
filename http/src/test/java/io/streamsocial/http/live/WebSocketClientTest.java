package io.streamsocial.http.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.Moment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a client that neither reads nor answers is ended; that its end comes is in StreamsTest. */
@Timeout(300)
final class WebSocketClientTest {
  private final StreamMetrics metrics = new StreamMetrics(new SimpleMeterRegistry(), 10);
  private final List<WebSocketFrame> written = new ArrayList<>();

  /** Takes nothing: no write ever ends. */
  private final class FullSocket extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext ctx, Object frame, ChannelPromise promise) {
      written.add((WebSocketFrame) frame);
    }
  }

  @Test
  void whoTakesNothingIsClosedWith1013AndNotWaitedForLonger() {
    EmbeddedChannel channel = new EmbeddedChannel();
    TrendStreams streams =
        new TrendStreams(
            channel.eventLoop(), question -> new CompletableFuture<>(), Moment::now, metrics);
    assertThat(metrics.open()).isTrue();
    WebSocketClient client =
        new WebSocketClient(
            streams,
            new StreamQuestion(10, 3, null),
            StreamsTest.limits(10, Duration.ofMinutes(1), Duration.ofMillis(1)));
    channel.pipeline().addLast(new FullSocket(), client);
    channel.freezeTime();
    SharedMessage news = SharedMessage.of("news".getBytes(StandardCharsets.UTF_8));
    await()
        .atMost(TestServer.PATIENCE)
        .until(
            () -> {
              client.offer(news);
              return written.size() > 1;
            });
    assertThat(written).hasSize(2);
    CloseWebSocketFrame close = (CloseWebSocketFrame) written.get(1);
    assertThat(close.statusCode()).isEqualTo(1013);
    assertThat(close.reasonText()).contains("not taken");
    client.offer(news);
    assertThat(written).as("nothing follows a close").hasSize(2);
    assertThat(channel.isOpen()).as("it may still be taken").isTrue();
    channel.advanceTimeBy(1, TimeUnit.SECONDS);
    channel.runPendingTasks();
    assertThat(channel.isOpen()).isFalse();
    assertThat(metrics.clients()).isZero();
    written.forEach(WebSocketFrame::release);
    assertThat(news.json.refCnt()).as("it holds nothing").isEqualTo(1);
    news.release();
  }
}
