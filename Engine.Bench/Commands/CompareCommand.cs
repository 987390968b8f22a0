using System.CommandLine;
using Engine.Bench.Comparing;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.Bench.Workloads;
using Engine.Core.Autodiff;
using Engine.Kernels;

namespace Engine.Bench.Commands;

/// <summary>engine compare: the same work on several devices, how long it takes and whether results agree.</summary>
public static class CompareCommand
{
    private const string Table = "compare.csv";
    private const string Whole = "compare.json";
    private const string Picture = "compare";

    private static readonly ElementType[] s_types = [ElementType.Float64, ElementType.Float32];

    /// <summary>What is run.</summary>
    private enum Part
    {
        All,
        Workloads,
        Operations,
    }

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "compare", "Run the reference workloads and every operation on several devices: their speed, and whether their results agree.")
        {
            Examples =
            {
                ("engine compare", "all devices here but the emulator; if the processor is the only one, with all threads and with one"),
                ("engine compare --devices cpu,cuda:0 --out runs/cuda", "two devices, the first of which is the reference"),
                ("engine compare --devices cpu,emulator --part operations", "operations alone, on a device that is slow"),
                ("engine compare --devices cpu@1,cpu@2,cpu@4 --only matmul-1024,MatMul", "some, on 1, 2 and 4 threads of the processor"),
            },
        };
        var devices = Options.Many<string>(
            "--devices", "Devices; cpu@N is the processor with N threads. Where it is not given, all but the emulator.");
        devices.HelpName = "NAME";
        var part = Options.Of("--part", "What to run.", Part.All);
        var only = Options.Many("--only", "Names of workloads and operations; all where it is not given.", Array.Empty<string>());
        var repeats = Options.Number("--repeats", "Timed calls of each; the median is what counts.", 15, 1);
        var limit = Options.Number(
            "--limit", "Seconds for one workload on one device: then it is timed in fewer calls, or skipped.", 60.0, atMost: 1e6, above: 0);
        var threads = DeviceOptions.Threads();
        var output = Options.Of("--out", "The folder to write to.", RunFolder.Default(command.Name));
        output.HelpName = "DIR";
        var overwrite = Options.Switch("--overwrite", "Write to a folder that has an earlier comparison.");
        var quiet = Options.Switch("--quiet", "Show no progress.");
        foreach (var option in (Option[])[devices, part, only, repeats, limit, threads, output, overwrite, quiet])
            command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            var (calls, seconds) = (parsed.GetValue(repeats), parsed.GetValue(limit));
            var (workloads, samples) = Choose(parsed.GetValue(part), parsed.GetValue(only) ?? []);
            string[] names = parsed.GetValue(devices) is { Length: > 0 } named ? named : Defaults();
            if (names is [var alone])
                throw new UserError($"{devices.Name} names {alone} alone: give two or more; {ComparedDevice.Example}.");
            var opened = ComparedDevice.Open(devices.Name, names, parsed.GetValue(threads));
            try
            {
                string[] files = [Whole, Table, .. FigureFiles.Names(Picture)];
                using var folder = RunFolder.OpenOnce(parsed.GetValue(output)!, parsed.GetValue(overwrite), files);
                var report = Run(opened, workloads, samples, calls, TimeSpan.FromSeconds(seconds), parsed, quiet, cancel);
                folder.WriteText(Whole, report.ToJson(calls, seconds));
                using (var table = folder.Metrics(Table, ComparisonReport.Columns))
                    report.WriteCsv(table);
                FigureFiles.Write(folder, Picture, ComparisonFigure.Draw(report), parsed.InvocationConfiguration.Error);
                string written = $"{folder.Location}: {string.Join(", ", files.Where(folder.Has))}";
                if (!report.Complete)
                    throw new Interrupted($"Interrupted; what there was until then is in {written}.");
                ComparisonTables.Write(parsed.Console(), report);
                parsed.InvocationConfiguration.Output.WriteLine(report.Verdict);
                parsed.InvocationConfiguration.Output.WriteLine($"Written to {written}.");
                return Task.FromResult(report.Passed ? ExitCodes.Ok : ExitCodes.Failed);
            }
            finally
            {
                foreach (var device in opened)
                    device.Dispose();
            }
        });
        return command;
    }

    // With no other device there are still several numbers of threads. The emulator, which takes ages, is for those who name it.
    private static string[] Defaults()
        => Device.Names.Where(name => name != "emulator").ToArray() is { Length: > 1 } all ? all : ["cpu", "cpu@1"];

    private static (Workload[] Workloads, OperationSample[] Samples) Choose(Part part, string[] only)
    {
        Workload[] workloads = part == Part.Operations ? [] : [.. Workload.All];
        OperationSample[] samples = part == Part.Workloads ? [] : [.. OperationSample.All];
        var known = workloads.Select(workload => workload.Name).Concat(samples.Select(sample => sample.Operation.Name));
        Options.RequireKnown("--only", only, [.. known.Distinct()]);
        return only.Length == 0 ? (workloads, samples) :
        (
            [.. workloads.Where(workload => only.Contains(workload.Name))],
            [.. samples.Where(sample => only.Contains(sample.Operation.Name))]);
    }

    // What was done until an interruption is kept.
    private static ComparisonReport Run(
        ComparedDevice[] devices,
        Workload[] workloads,
        OperationSample[] samples,
        int repeats,
        TimeSpan limit,
        ParseResult parsed,
        Option<bool> quiet,
        CancellationToken cancel)
    {
        using var progress = Progress.Start(parsed, parsed.GetValue(quiet));
        var report = new ComparisonReport(devices);
        try
        {
            for (int i = 0; i < devices.Length && workloads.Length > 0; i++)
            {
                devices[i].Measure(cancel);
                progress.Report("speeds", i + 1, devices.Length);
            }

            var comparer = new Comparer(devices, repeats, limit, cancel);
            foreach (var workload in workloads)
            {
                report.Workloads.Add(comparer.Compare(workload));
                progress.Report("workloads", report.Workloads.Count, workloads.Length);
            }

            foreach (var sample in samples)
            {
                foreach (var type in s_types)
                    report.Operations.Add(comparer.Compare(sample, type));
                progress.Report("operations", report.Operations.Count / s_types.Length, samples.Length);
            }

            report.Complete = true;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }

        return report;
    }
}
