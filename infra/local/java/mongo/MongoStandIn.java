import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVStore;

/** MongoDB's protocol over one H2 file. An answered write is in the file: a kill loses nothing acknowledged. */
public final class MongoStandIn {
    /** The driver refuses servers older than wire version 8; 13 is what a MongoDB 5.0 says. */
    private static final class Version5 implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }

    private static final class DurableBackend extends H2Backend {
        DurableBackend(MVStore store) {
            super(store);
        }

        private final Object counters = new Object();

        @Override
        public Document handleMessage(MongoMessage message) {
            if (isDeeperThan(DEEPEST, message.getDocument())) {
                throw new MongoServerError(15, "Overflow", "BSONObj exceeded maximum nested object depth: " + DEEPEST);
            }
            Document answer;
            if (message.getDocument().containsKey("findAndModify")) {
                // The answer holds the stored document itself: unless it is copied before the next caller changes it,
                // two callers are told the same number.
                synchronized (counters) {
                    answer = super.handleMessage(message).cloneDeeply();
                }
            } else {
                answer = super.handleMessage(message);
            }
            if (getMvStore().hasUnsavedChanges()) {
                commitOrEnd();
            }
            return answer;
        }

        /** A store that failed once stays closed: better no server, which is seen, than one that refuses everything. */
        private void commitOrEnd() {
            try {
                commit();
            } catch (Throwable failure) {
                failure.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        }
    }

    /** What MongoDB takes; deeper ones overflow the stack while they are written, and that closes the store. */
    private static final int DEEPEST = 200;

    private static boolean isDeeperThan(int levels, Object value) {
        Collection<?> inner = value instanceof Map<?, ?> map ? map.values() : value instanceof Collection<?> list ? list : List.of();
        for (Object each : inner) {
            if (levels == 0 || isDeeperThan(levels - 1, each)) {
                return true;
            }
        }
        return false;
    }

    public static void main(String[] args) {
        String file = args[0];
        int port = Integer.parseInt(args[1]);
        MVStore store = new MVStore.Builder().fileName(file).autoCommitDisabled().open();
        // Without this, chunks of older versions are kept for 45 seconds and the file grows with every commit.
        store.setRetentionTime(0);
        MongoServer server = new MongoServer(new DurableBackend(store).version(new Version5()));
        server.bind("127.0.0.1", port);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        System.out.println("listening on 127.0.0.1:" + port);
    }
}
