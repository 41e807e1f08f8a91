package io.streamsocial.bench.posts;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UsersTest {
  private static final int REGIONS = PostSource.REGIONS.length;

  @Test
  void evenUsersAreThoseThatAlwaysWere() {
    assertThat(Users.EVEN.count()).isEqualTo(1_000_000);
    for (int draw : new int[] {0, 1, 777_777, 999_999}) {
      assertThat(Users.EVEN.user(draw, 2)).isEqualTo(draw);
    }
  }

  @Test
  void residentsFollowAPowerLawAndMostlyStayAtHome() {
    Users users = Users.resident(30_000);
    assertThat(users.count()).isEqualTo(30_000);
    int[] posts = new int[users.count()];
    int abroad = 0;
    for (int draw = 0; draw < Users.DRAWS; draw++) {
      int user = users.user(draw, 1);
      posts[user]++;
      abroad += user % REGIONS == 1 ? 0 : 1;
    }
    assertThat(abroad).isEqualTo(Users.DRAWS / 16);
    int first = 0;
    int all = 0;
    for (int rank = 0; rank < users.count() / REGIONS; rank++) {
      int of = posts[rank * REGIONS + 1];
      assertThat(of).as("posts of rank " + rank).isPositive();
      first += rank < users.count() / REGIONS / 100 ? of : 0;
      all += of;
    }
    assertThat((double) first / all).isBetween(0.095, 0.105);
  }
}
