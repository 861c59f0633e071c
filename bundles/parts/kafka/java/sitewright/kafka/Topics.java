package sitewright.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Brings topics and rights to what a file says: {@code Topics BOOTSTRAP FILE}. What is so already stays as it is; nothing
 * is ever deleted.
 *
 * <p>Lines of the file: {@code topic NAME PARTITIONS REPLICAS SETTING=VALUE ...} and
 * {@code allow USER TOPIC|GROUP NAME OPERATION ...}, where the name {@code *} means all of them.
 */
public final class Topics {
    private static final int PATIENCE = 30_000;

    private final Admin admin;
    private final Map<String, String[]> wanted = new TreeMap<>();
    private final List<AclBinding> rights = new ArrayList<>();
    private int changed;

    private Topics(Admin admin) {
        this.admin = admin;
    }

    /** Ends with an error where the brokers do not answer, or refuse. */
    public static void main(String[] arguments) throws Exception {
        try (Admin admin = Client.admin(arguments[0], Users.SELF, Users.password(Users.SELF), PATIENCE)) {
            Topics topics = new Topics(admin);
            topics.read(arguments[1]);
            topics.create();
            topics.grow();
            topics.set();
            admin.createAcls(topics.rights).all().get();
            System.out.println("{\"log.level\":\"INFO\",\"message\":\"" + topics.wanted.size() + " topics and "
                    + topics.rights.size() + " rights as they should be; " + topics.changed + " changed\"}");
        }
    }

    private void read(String file) throws IOException {
        for (String line : Files.readAllLines(Paths.get(file))) {
            String[] words = line.trim().split("\\s+");
            if (words[0].equals("topic")) {
                wanted.put(words[1], words);
            } else if (words[0].equals("allow")) {
                ResourcePattern what = new ResourcePattern(ResourceType.fromString(words[2]), words[3], PatternType.LITERAL);
                for (int at = 4; at < words.length; at++) {
                    rights.add(new AclBinding(what, new AccessControlEntry("User:" + words[1], "*",
                            AclOperation.fromString(words[at]), AclPermissionType.ALLOW)));
                }
            } else if (!line.isBlank() && !line.startsWith("#")) {
                throw new IOException(file + ": a line that is neither of a topic nor of a right: " + line);
            }
        }
    }

    private void create() throws ExecutionException, InterruptedException {
        List<NewTopic> missing = new ArrayList<>();
        Collection<String> there = admin.listTopics().names().get();
        for (String[] words : wanted.values()) {
            if (!there.contains(words[1])) {
                missing.add(new NewTopic(words[1], Integer.parseInt(words[2]), Short.parseShort(words[3]))
                        .configs(settings(words)));
            }
        }
        admin.createTopics(missing).all().get();
        changed += missing.size();
    }

    private static Map<String, String> settings(String[] words) {
        Map<String, String> found = new TreeMap<>();
        for (int at = 4; at < words.length; at++) {
            String[] pair = words[at].split("=", 2);
            found.put(pair[0], pair[1]);
        }
        return found;
    }

    private void grow() throws ExecutionException, InterruptedException {
        Map<String, NewPartitions> more = new HashMap<>();
        for (TopicDescription topic : admin.describeTopics(wanted.keySet()).allTopicNames().get().values()) {
            int partitions = Integer.parseInt(wanted.get(topic.name())[2]);
            if (topic.partitions().size() < partitions) {
                more.put(topic.name(), NewPartitions.increaseTo(partitions));
            }
        }
        admin.createPartitions(more).all().get();
        changed += more.size();
    }

    private void set() throws ExecutionException, InterruptedException {
        List<ConfigResource> asked = new ArrayList<>();
        wanted.keySet().forEach(name -> asked.add(new ConfigResource(ConfigResource.Type.TOPIC, name)));
        Map<ConfigResource, Collection<AlterConfigOp>> alter = new HashMap<>();
        admin.describeConfigs(asked).all().get().forEach((topic, there) -> {
            List<AlterConfigOp> differing = new ArrayList<>();
            settings(wanted.get(topic.name())).forEach((name, value) -> {
                if (!Optional.ofNullable(there.get(name)).map(ConfigEntry::value).equals(Optional.of(value))) {
                    differing.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
                }
            });
            if (!differing.isEmpty()) {
                alter.put(topic, differing);
            }
        });
        admin.incrementalAlterConfigs(alter).all().get();
        changed += alter.size();
    }
}
