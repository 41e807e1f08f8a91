package io.streamsocial.processor.loop;

import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.views.View;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** A cluster whose instances get views and lose them with their restarts. */
class RollingCluster extends SimulatedCluster {
  /** Names each post that is counted for the views. */
  static final View SEEN =
      View.named("seen")
          .from(
              "social.posts",
              (record, out) ->
                  out.emit(record.timestampMs(), record.partition() + "-" + record.offset(), 1))
          .unwindowed()
          .sum("posts")
          .build();

  static final List<View> VIEWS = new ArrayList<>(TestViews.ALL);

  static {
    VIEWS.add(SEEN);
  }

  record Post(long timeMs, String region, List<String> tags) {}

  final Map<String, Post> posts = new TreeMap<>();
  private final Set<Instance> withViews = new HashSet<>();
  boolean wantsViews;
  private boolean mayWaver;
  private boolean mayLapse;
  private boolean isQuiet;

  RollingCluster(SplittableRandom random, Path state) {
    super(random, state, Duration.ZERO, Map.of(LoopRig.OTHER_TOPIC, LoopRig.OTHERS));
    instances.forEach(this::start);
  }

  /** Those that come and go. */
  List<View> views() {
    return VIEWS;
  }

  @Override
  void start(Instance instance) {
    boolean isFree = mayLapse || (mayWaver && othersLack(instance));
    boolean views = wantsViews && !(isFree && random.nextInt(3) == 0);
    instance.rig.with(views ? views() : List.of()).crash();
    if (views) {
      withViews.add(instance);
    } else {
      withViews.remove(instance);
    }
    super.start(instance);
  }

  /** Another member lacks the views for sure: nothing is counted for them meanwhile. */
  private boolean othersLack(Instance instance) {
    return instances.stream()
        .anyMatch(
            each ->
                each != instance && each.isUp() && !withViews.contains(each) && group.has(each.id));
  }

  private boolean hasWhatIsWanted(Instance instance) {
    return withViews.contains(instance) == wantsViews;
  }

  @Override
  void wakeUp(Instance instance) {
    if (!hasWhatIsWanted(instance) && mayWaver && !mayLapse && !othersLack(instance)) {
      die(instance, false); // the others may count already: it may not come back without
    } else {
      super.wakeUp(instance);
    }
  }

  @Override
  final void post() {
    if (!isQuiet) {
      super.post();
      postElsewhere();
    }
  }

  /** To further topics. */
  void postElsewhere() {}

  @Override
  boolean send(int partition, long timeMs, String region, List<String> tags) {
    long offset = kafka.end(poster.posts(partition));
    poster.post(partition, timeMs, region, text(tags));
    posts.put(partition + "-" + offset, new Post(timeMs, region, tags));
    return true;
  }

  /** Restarts every instance, one after the other or all at once, until all have what is wanted. */
  void roll(boolean views, boolean mayWaver) {
    this.wantsViews = views;
    this.mayWaver = mayWaver;
    while (!instances.stream().allMatch(this::hasWhatIsWanted)) {
      Instance next = any();
      if (!hasWhatIsWanted(next)) {
        die(next, random.nextBoolean());
        steps(random.nextInt(30));
        if (next.isDead()) {
          start(next);
        }
      }
      steps(random.nextInt(60));
    }
  }

  /** Whether an instance may come back without the views while the others count them already. */
  void lapse(boolean may) {
    mayLapse = may;
  }

  /** What an instance has found incomplete is told to the group a while later. */
  @Override
  boolean isAtRest(int turns) {
    return super.isAtRest(turns) && incomplete().stream().noneMatch(this::countsSomewhere);
  }

  private boolean countsSomewhere(String view) {
    return instances.stream()
        .flatMap(each -> each.rig.membership.views().stream())
        .flatMap(List::stream)
        .anyMatch(agreed -> agreed.name().equals(view) && agreed.counts());
  }

  /** Whether nobody posts. */
  void quiet(boolean quiet) {
    isQuiet = quiet;
  }

  /** All that was published to the shuffle, what checkpoints have made superfluous included. */
  List<ByteBuffer> log() {
    List<ByteBuffer> log = new ArrayList<>();
    for (MemoryKafka.Transaction each : kafka.transactions()) {
      each.to(poster.topics.shuffle()).forEach(sent -> log.add(ByteBuffer.wrap(sent.value())));
    }
    return log;
  }

  /** Views of which some instance has found that its state lacks rows. */
  Set<String> incomplete() {
    Set<String> views = new HashSet<>();
    instances.forEach(each -> views.addAll(each.rig.membership.incomplete().keySet()));
    return views;
  }
}
