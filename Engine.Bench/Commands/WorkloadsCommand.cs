using System.CommandLine;
using System.Text.Json.Nodes;
using Engine.Bench.Comparing;
using Engine.Bench.Output;
using Engine.Bench.Workloads;
using Engine.Kernels;
using Spectre.Console;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine workloads: reference work, timed.</summary>
public static class WorkloadsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand("workloads", "Time the reference workloads; one line of JSON for each, times in milliseconds.")
        {
            Examples =
            {
                ("engine workloads", "all of them"),
                ("engine workloads --only mrp-meta-s256-n10,matmul-1024 --threads 1", "some, on one thread"),
                ("engine workloads --peer 'python3 Engine.Bench/Peers/torch_peer.py'", "each beside PyTorch, with the ratio"),
                ("engine workloads --device cuda:0 --peer 'python3 Engine.Bench/Peers/jax_peer.py'", "JAX on the same card"),
                ("engine workloads --only snake-train-3-mix --agents 21 --profile", "what an update of 21 agents spends its time on"),
            },
        };
        var only = Options.Many("--only", "Names of workloads; all where it is not given.", Array.Empty<string>());
        var repeats = Options.Number("--repeats", "Timed calls of each; the median is what counts.", 15, 1);
        var peer = Options.Of<string?>(
            "--peer",
            "Another engine's program for the same workloads, timed in turn on the same CUDA device, else on 1 thread and on all.",
            null);
        var profile = Options.Switch("--profile", "After each workload, a table of where the time of a call goes, by kind of command.");
        var agents = Options.Number("--agents", "Agents that learn as one batch in snake-train-0 and the other updates.", 1, 1);
        foreach (var option in (Option[])[only, repeats, peer, profile, agents])
            command.Add(option);
        var device = new DeviceOptions(command);
        command.SetAction((parsed, cancel) =>
        {
            string[] names = parsed.GetValue(only) ?? [];
            int batch = parsed.GetValue(agents);
            Workload[] all = [.. Workload.All, .. Workload.Updates(batch)];
            Options.RequireKnown(only.Name, names, [.. all.Select(workload => workload.Name)]);
            int calls = parsed.GetValue(repeats);
            using var opened = device.Open(parsed);
            var peak = parsed.GetValue(profile) ? Peak.Of(opened, cancel) : null;
            var other = parsed.GetValue(peer) is { } program ? new Peer(program, batch) : null;
            foreach (var workload in all.Where(workload => names.Length == 0 || names.Contains(workload.Name)))
            {
                var (result, counts) = Time(workload, calls, opened, cancel);
                if (other is not null)
                    Compare(result, other, workload.Name, calls, opened);
                parsed.InvocationConfiguration.Output.WriteLine(result.ToJsonString());
                if (peak is not null && counts.Commands > 0)
                    Print(parsed.Console(), workload, counts, peak, opened);
            }

            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static (JsonObject Result, ReplayCounts Counts) Time(Workload workload, int calls, Device device, CancellationToken cancel)
    {
        using var work = workload.Create(device);
        var warm = new Deadline(Timing.WarmUp);
        for (int i = 0; i < 3 || !warm.IsPast; i++)
            Timing.Call(work, device, cancel);
        var timing = Timing.Of(work, device, calls, new Deadline(TimeSpan.MaxValue), cancel);
        var counts = ReplayCounts.Of(work, device, cancel);
        var result = new JsonObject
        {
            ["workload"] = workload.Name,
            ["median_ms"] = Math.Round(timing.Median, 4),
            ["min_ms"] = Math.Round(timing.Min, 4),
            ["device"] = device.Name,
            ["threads"] = device.Concurrency,
            ["managed_bytes_per_call"] = timing.ManagedBytes,
            ["commands"] = counts.Commands,
            ["kernels"] = counts.Kernels,
            ["copies"] = counts.Copies,
            ["working_bytes"] = counts.WorkingBytes,
            ["operations"] = counts.Operations,
            ["bytes"] = counts.Bytes,
        };
        return (result, counts);
    }

    private static void Print(IAnsiConsole console, Workload workload, ReplayCounts counts, Peak peak, Device device)
    {
        double all = counts.Kinds.Sum(kind => kind.Milliseconds);
        console.WriteTable(
            [workload.Name, ">Commands", ">ms", ">%", ">us each", ">Gflop/s", ">GB/s"],
            counts.Kinds.Select(kind => (string[])[
                kind.Kind,
                Invariant($"{kind.Count}"),
                Invariant($"{kind.Milliseconds:0.000}"),
                Invariant($"{100 * kind.Milliseconds / all:0.0}"),
                Invariant($"{1000 * kind.Milliseconds / kind.Count:0.00}"),
                kind.Operations > 0 ? Invariant($"{kind.Operations / kind.Milliseconds / 1e6:0.0}") : "",
                Invariant($"{kind.Bytes / kind.Milliseconds / 1e6:0.0}")]),
            Note(counts, all, peak, device));
    }

    private static string Note(ReplayCounts counts, double milliseconds, Peak peak, Device device)
    {
        double flops = 1000 * counts.Operations / peak.FlopsPerSecond, moves = 1000 * counts.Bytes / peak.BytesPerSecond;
        string[] lines =
        [
            Invariant($"A call gave {counts.Commands} commands. They took {milliseconds:0.000} ms, added up over threads;"),
            device.Name == "cpu" ? "to look at the clock takes some 50 ns of each."
                : device.Name.StartsWith("cuda", StringComparison.Ordinal) ? "the mark behind each, by which it is timed, takes some 3 us."
                : "after each the host waits for it.",
            Invariant($"Products and convolutions are {counts.Operations / 1e6:0.0} million operations (a multiply-add is two;"),
            Invariant($"what is zero may be left out): {flops:0.000} ms at the {peak.FlopsPerSecond / 1e9:0.0} Gflop/s that"),
            "this device does.",
            Invariant($"Tensors read and written have {counts.Bytes / 1e6:0.0} MB: {moves:0.000} ms at the"),
            Invariant($"{peak.BytesPerSecond / 1e9:0.0} GB/s of its memory; caches are faster."),
        ];
        return string.Join(' ', lines);
    }

    // On the same graphics card, else on the processor. There the peer may be faster on one thread: the better of both counts. What
    // fails there is noted, and the other workloads go on.
    private static void Compare(JsonObject result, Peer peer, string workload, int calls, Device device)
    {
        bool onCard = Peer.Knows(device.Name);
        int threads = device.Name == "cpu" ? device.Concurrency : onCard ? 1 : Environment.ProcessorCount;
        string where = onCard ? device.Name : "cpu";
        if (peer.Time(workload, calls, 1, where) is not { } one)
            return;
        var all = threads == 1 ? one : peer.Time(workload, calls, threads, where) ?? one;
        if ((one.Error ?? all.Error) is { } error)
            result["peer_error"] = error;
        bool isOne = one.Error is null && (all.Error is not null || one.Median <= all.Median);
        if ((isOne ? one : all) is not { Error: null, Median: var best })
            return;
        result["peer_median_ms"] = best;
        result["peer_device"] = where;
        result["peer_threads"] = isOne ? 1 : threads;
        result["ratio"] = Math.Round((double)result["median_ms"]! / best, 4);
    }
}
