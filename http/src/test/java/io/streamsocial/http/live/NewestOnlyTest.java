package io.streamsocial.http.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a client that does not read costs, and what it gets when it reads again. */
final class NewestOnlyTest {
  private final StreamMetrics metrics = new StreamMetrics(new SimpleMeterRegistry(), 10);
  private final Socket socket = new Socket();
  private final EmbeddedChannel channel = new EmbeddedChannel(socket);
  private final NewestOnly sender = new NewestOnly(channel, bytes -> bytes, metrics);

  /** A socket that takes nothing until it is told to. */
  private static final class Socket extends ChannelOutboundHandlerAdapter {
    final List<ChannelPromise> promises = new ArrayList<>();
    final List<String> texts = new ArrayList<>();
    final List<ByteBuf> held = new ArrayList<>();

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      ByteBuf bytes = (ByteBuf) message;
      texts.add(bytes.toString(StandardCharsets.UTF_8));
      held.add(bytes);
      promises.add(promise);
    }

    void take(int index) {
      held.get(index).release();
      promises.get(index).setSuccess();
    }
  }

  private static SharedMessage snapshot(int number) {
    return SharedMessage.of(Integer.toString(number).getBytes(StandardCharsets.UTF_8));
  }

  private static int holders(SharedMessage snapshot) {
    return snapshot.json.refCnt();
  }

  private List<SharedMessage> offer(int count) {
    List<SharedMessage> all = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      all.add(snapshot(i));
      sender.offer(all.get(i - 1));
    }
    channel.runPendingTasks();
    return all;
  }

  @Test
  void oneIsOnItsWayOneWaitsAndTheNewestWins() {
    List<SharedMessage> all = offer(5);
    assertThat(socket.texts).containsExactly("1");
    assertThat(metrics.conflations()).isEqualTo(3);
    assertThat(all.stream().map(NewestOnlyTest::holders)).containsExactly(2, 1, 1, 1, 2);
    socket.take(0);
    assertThat(socket.texts).containsExactly("1", "5");
    socket.take(1);
    assertThat(socket.texts).hasSize(2);
    assertThat(all.stream().map(NewestOnlyTest::holders)).containsOnly(1);
    all.forEach(SharedMessage::release);
  }

  @Test
  void whoIsGoneHoldsNothing() {
    List<SharedMessage> all = offer(3);
    sender.close();
    socket.take(0);
    assertThat(socket.texts).containsExactly("1");
    assertThat(all.stream().map(NewestOnlyTest::holders)).containsOnly(1);
    sender.offer(all.get(2));
    assertThat(socket.texts).hasSize(1);
    all.forEach(SharedMessage::release);
  }
}
