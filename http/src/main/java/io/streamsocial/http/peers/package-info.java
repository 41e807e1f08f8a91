/** Instances among themselves: routing, gathering, status exchange, and their one wire format. */
@NullMarked
package io.streamsocial.http.peers;

import org.jspecify.annotations.NullMarked;
