// The rows of the toolbox benchmark with JTS, on one thread: one line of JSON a row and way.
//
// Usage: java -cp /usr/share/java/jts-core.jar peer_jts.java LAYERS RUNS [ROW...]; all rows without any. One more run goes
// first, so that what is measured is compiled. Processor time is that of the thread which works: the compiler and the
// garbage collector have others.

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.BufferedInputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import org.locationtech.jts.algorithm.locate.IndexedPointInAreaLocator;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.Location;
import org.locationtech.jts.geom.prep.PreparedGeometry;
import org.locationtech.jts.geom.prep.PreparedGeometryFactory;
import org.locationtech.jts.index.strtree.STRtree;
import org.locationtech.jts.io.ParseException;
import org.locationtech.jts.io.WKBReader;
import org.locationtech.jts.operation.overlayng.CoverageUnion;
import org.locationtech.jts.operation.overlayng.OverlayNG;
import org.locationtech.jts.operation.overlayng.OverlayNGRobust;
import org.locationtech.jts.operation.union.UnaryUnionOp;

final class PeerJts {
    // A full circle has 64 sides, as ours.
    private static final int QUADRANT_SEGMENTS = 16;

    private final Path folder;

    private PeerJts(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws IOException, ParseException {
        PeerJts peer = new PeerJts(Path.of(args[0]));
        int runs = Integer.parseInt(args[1]);
        List<String> wanted = Arrays.asList(args).subList(2, args.length);
        for (String row : List.of("buffer_points_10k", "buffer_counties_1km", "buffer_counties_inwards_1km",
                "buffer_counties_10km", "dissolve_counties", "intersect_counties_hexagons", "points_in_counties_pairs")) {
            if (wanted.isEmpty() || wanted.contains(row)) {
                for (Map.Entry<String, DoubleSupplier> way : peer.ways(row).entrySet()) {
                    measure(row, way.getKey(), way.getValue(), runs);
                }
            }
        }
    }

    private static void measure(String row, String way, DoubleSupplier work, int runs) {
        var threads = ManagementFactory.getThreadMXBean();
        double check = work.getAsDouble();
        double[][] times = new double[runs][];
        for (int run = 0; run < runs; run++) {
            long cpu = threads.getCurrentThreadCpuTime();
            long wall = System.nanoTime();
            check = work.getAsDouble();
            times[run] = new double[] {
                (threads.getCurrentThreadCpuTime() - cpu) / 1e6, (System.nanoTime() - wall) / 1e6
            };
        }
        Arrays.sort(times, (one, other) -> Double.compare(one[0], other[0]));
        double[] median = times[runs / 2];
        System.out.printf(Locale.ROOT, "{\"row\": \"%s\", \"way\": \"%s\", \"cpu_ms\": %.3f, \"wall_ms\": %.3f, \"check\": %.17g}%n",
                row, way, median[0], median[1], check);
    }

    private Map<String, DoubleSupplier> ways(String row) throws IOException, ParseException {
        Map<String, DoubleSupplier> ways = new LinkedHashMap<>();
        switch (row) {
            case "buffer_points_10k" -> {
                List<Geometry> points = read("points_10k");
                ways.put("JTS UnaryUnion", () -> UnaryUnionOp.union(buffered(points, 20_000)).getArea());
            }
            case "buffer_counties_1km" -> ways.put("JTS buffer", buffers(1_000));
            case "buffer_counties_inwards_1km" -> ways.put("JTS buffer", buffers(-1_000));
            case "buffer_counties_10km" -> ways.put("JTS buffer", buffers(10_000));
            case "dissolve_counties" -> {
                List<List<Geometry>> groups = states();
                ways.put("JTS UnaryUnion",
                        () -> groups.stream().mapToDouble(group -> UnaryUnionOp.union(group).getArea()).sum());
                ways.put("JTS CoverageUnion", () -> groups.stream()
                        .mapToDouble(group -> CoverageUnion.union(group.get(0).getFactory().buildGeometry(group)).getArea())
                        .sum());
            }
            case "intersect_counties_hexagons" -> {
                List<Geometry> counties = read("counties");
                List<Geometry> hexagons = read("hexagons");
                ways.put("JTS OverlayNGRobust", () -> intersect(counties, hexagons));
            }
            default -> {
                List<Geometry> points = read("points_1m");
                List<Geometry> counties = read("counties");
                ways.put("JTS IndexedPointInAreaLocator", () -> pointsIn(points, counties));
            }
        }
        return ways;
    }

    private DoubleSupplier buffers(double distance) throws IOException, ParseException {
        List<Geometry> counties = read("counties");
        return () -> buffered(counties, distance).stream().mapToDouble(Geometry::getArea).sum();
    }

    private static List<Geometry> buffered(List<Geometry> geometries, double distance) {
        return geometries.stream().map(geometry -> geometry.buffer(distance, QUADRANT_SEGMENTS)).toList();
    }

    /** A hexagon within a county is a piece as it is; what crosses a border is cut. */
    private static double intersect(List<Geometry> counties, List<Geometry> hexagons) {
        STRtree tree = new STRtree();
        hexagons.forEach(hexagon -> tree.insert(hexagon.getEnvelopeInternal(), hexagon));
        double area = 0;
        for (Geometry county : counties) {
            PreparedGeometry prepared = PreparedGeometryFactory.prepare(county);
            for (Object found : tree.query(county.getEnvelopeInternal())) {
                Geometry hexagon = (Geometry) found;
                if (prepared.containsProperly(hexagon)) {
                    area += hexagon.getArea();
                } else if (prepared.intersects(hexagon)) {
                    area += OverlayNGRobust.overlay(county, hexagon, OverlayNG.INTERSECTION).getArea();
                }
            }
        }
        return area;
    }

    private static double pointsIn(List<Geometry> points, List<Geometry> counties) {
        STRtree tree = new STRtree();
        for (Geometry county : counties) {
            tree.insert(county.getEnvelopeInternal(), new IndexedPointInAreaLocator(county));
        }
        long pairs = 0;
        for (Geometry point : points) {
            for (Object found : tree.query(point.getEnvelopeInternal())) {
                if (((IndexedPointInAreaLocator) found).locate(point.getCoordinate()) != Location.EXTERIOR) {
                    pairs++;
                }
            }
        }
        return pairs;
    }

    private List<List<Geometry>> states() throws IOException, ParseException {
        List<Geometry> counties = read("counties");
        List<String> states = Files.readAllLines(folder.resolve("counties.states"));
        Map<String, List<Geometry>> groups = new TreeMap<>();
        for (int county = 0; county < counties.size(); county++) {
            groups.computeIfAbsent(states.get(county), state -> new ArrayList<>()).add(counties.get(county));
        }
        return List.copyOf(groups.values());
    }

    /** Geometries as WKB, each after its length in four bytes. */
    private List<Geometry> read(String name) throws IOException, ParseException {
        WKBReader reader = new WKBReader();
        List<Geometry> geometries = new ArrayList<>();
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(folder.resolve(name + ".wkb"))))) {
            while (true) {
                geometries.add(reader.read(in.readNBytes(in.readInt())));
            }
        } catch (EOFException end) {
            return geometries;
        }
    }
}
