package io.streamsocial.processor.group;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.log.ByteReader;
import io.streamsocial.processor.log.ByteWriter;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What a loop reports to the group when it joins: the user data of its subscription. The partitions
 * that it owns are not part of it, because Kafka's protocol carries them with their generation.
 *
 * @param instanceId of its instance
 * @param process id of the process; another after a restart
 * @param endpoint where its instance answers other instances
 * @param zone empty when not configured
 * @param loop 0 and up
 * @param transactionalId of its producer; empty without transactions
 * @param settings settings that all members must share
 * @param standbys shuffle partitions that it follows, warm-ups included
 * @param warmups the standbys that its last assignment promised it as active
 * @param positions shuffle partition -> the next shuffle offset that its local state would fold, 0
 *     and up: of actives, standbys and stores at rest
 * @param views that it can count
 */
public record MemberInfo(
    String instanceId,
    UUID process,
    InstanceAddress endpoint,
    String zone,
    int loop,
    String transactionalId,
    Settings settings,
    Set<Integer> standbys,
    Set<Integer> warmups,
    Map<Integer, Long> positions,
    MemberViews views) {

  /**
   * Settings that must be the same on all instances, or two of them would count one tag into
   * different windows, partitions or regions. The posts partitions and the standbys may differ: the
   * former are read from the topic, the latter are only a target.
   *
   * @param postsPartitions as this member last saw the topic; 0 before it has seen it
   * @param standbys wanted for each shuffle partition
   * @param maxRegions regions that a window counts by their names; 0 of a member that is too old to
   *     bound them
   */
  public record Settings(
      int postsPartitions,
      int shufflePartitions,
      long windowMs,
      long graceMs,
      long retentionMs,
      int standbys,
      int maxRegions) {
    /** Without the field that minor 1 of the subscription has appended. */
    private void put(ByteWriter out) {
      out.putVarint(postsPartitions);
      out.putVarint(shufflePartitions);
      out.putVarint(windowMs);
      out.putVarint(graceMs);
      out.putVarint(retentionMs);
      out.putVarint(standbys);
    }

    private static Settings read(ByteReader in) {
      return new Settings(
          UserData.number(in),
          UserData.number(in),
          UserData.magnitude(in),
          UserData.magnitude(in),
          UserData.magnitude(in),
          UserData.number(in),
          0);
    }

    private Settings withMaxRegions(int regions) {
      return new Settings(
          postsPartitions, shufflePartitions, windowMs, graceMs, retentionMs, standbys, regions);
    }
  }

  /**
   * What a member says of itself that stays the same as long as its process lives.
   *
   * @param viewsDigest of its views, as the leader's answer repeats it
   */
  public record Said(
      UUID process, InstanceAddress endpoint, String zone, Settings settings, long viewsDigest) {

    public Said(
        UUID process, InstanceAddress endpoint, String zone, Settings settings, MemberViews views) {
      this(process, endpoint, zone, settings, views.digest());
    }

    /** Without the field that minor 2 of the assignment has appended. */
    void put(ByteWriter out) {
      UserData.putUuid(out, process);
      UserData.putEndpoint(out, endpoint);
      UserData.putText(out, zone);
      settings.put(out);
      out.putVarint(settings.maxRegions);
    }

    static Said read(ByteReader in) {
      return new Said(
          UserData.uuid(in),
          UserData.endpoint(in),
          UserData.text(in),
          Settings.read(in).withMaxRegions(UserData.number(in)),
          MemberViews.HASHTAGS);
    }

    Said withViews(long digest) {
      return new Said(process, endpoint, zone, settings, digest);
    }
  }

  public Said said() {
    return new Said(process, endpoint, zone, settings, views);
  }

  public MemberInfo {
    standbys = Set.copyOf(standbys);
    warmups = Set.copyOf(warmups);
    positions = Map.copyOf(positions);
  }

  public ByteBuffer encode() {
    ByteWriter out = new ByteWriter();
    UserData.putText(out, instanceId);
    UserData.putUuid(out, process);
    UserData.putEndpoint(out, endpoint);
    UserData.putText(out, zone);
    out.putVarint(loop);
    UserData.putText(out, transactionalId);
    settings.put(out);
    UserData.putPartitions(out, standbys);
    UserData.putPartitions(out, warmups);
    UserData.putPositions(out, positions);
    out.putVarint(settings.maxRegions);
    views.put(out);
    return UserData.frame(out);
  }

  /**
   * Does not move the buffer's position.
   *
   * @throws IllegalArgumentException when the data is damaged or of another major version
   */
  static MemberInfo decode(ByteBuffer data) {
    return UserData.read(
        data,
        in -> {
          MemberInfo first =
              new MemberInfo(
                  UserData.text(in),
                  UserData.uuid(in),
                  UserData.endpoint(in),
                  UserData.text(in),
                  UserData.number(in),
                  UserData.text(in),
                  Settings.read(in),
                  UserData.partitions(in),
                  UserData.partitions(in),
                  UserData.positions(in),
                  MemberViews.HASHTAGS);
          return first.with(
              in.hasRemaining() ? UserData.number(in) : 0,
              in.hasRemaining() ? MemberViews.read(in) : MemberViews.HASHTAGS);
        });
  }

  /** The fields that minors 1 and 2 have appended. */
  private MemberInfo with(int maxRegions, MemberViews said) {
    return new MemberInfo(
        instanceId,
        process,
        endpoint,
        zone,
        loop,
        transactionalId,
        settings.withMaxRegions(maxRegions),
        standbys,
        warmups,
        positions,
        said);
  }
}
