using System.CommandLine;
using System.IO.Enumeration;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Csv;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Validators;
using Engine.Bench.Input;
using Engine.Bench.Micro;
using Engine.Bench.Output;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine micro: kernels and whole steps under BenchmarkDotNet.</summary>
public static class MicroCommand
{
    private static readonly Type[] s_benchmarks =
    [
        typeof(MapBenchmarks), typeof(ReduceBenchmarks), typeof(MatMulBenchmarks), typeof(ConvolutionBenchmarks), typeof(RandomBenchmarks),
        typeof(LayoutBenchmarks), typeof(IndexBenchmarks), typeof(ScanBenchmarks), typeof(StepBenchmarks),
    ];

    /// <summary>How long benchmarks run.</summary>
    internal enum Length
    {
        Default,
        Short,
        Dry,
    }

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand("micro", "Benchmark kernels and whole steps with BenchmarkDotNet, on one or more devices.")
        {
            Examples =
            {
                ("engine micro --list", "the names of all benchmarks"),
                ("engine micro --filter MatMul Convolution --device cpu,cuda:0", "some, each on two devices"),
                ("engine micro --filter snake-act --job short", "a whole step, for a quick look"),
            },
        };
        var filter = Options.Many(
            "--filter", "Parts of names, or patterns with * and ?; all benchmarks where it is not given.", Array.Empty<string>());
        filter.HelpName = "PATTERN";
        var list = Options.Switch("--list", "List the benchmarks that would run.");
        var job = Options.Of("--job", "How long each runs: dry is a single call.", Length.Default);
        var devices = Options.Many("--device", "Devices that compute; 'engine devices' lists them.", "cpu");
        devices.HelpName = "NAME";
        var threads = DeviceOptions.Threads();
        var output = Options.Of("--out", "The folder for reports.", RunFolder.Default(command.Name));
        output.HelpName = "DIR";
        var overwrite = Options.Switch("--overwrite", "Write to a folder that has earlier reports.");
        var quiet = Options.Switch("--quiet", "Show no progress.");
        foreach (var option in (Option[])[filter, list, job, devices, threads, output, overwrite, quiet])
            command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            string[] names = [.. (parsed.GetValue(devices) ?? []).Distinct()];
            foreach (string name in names)
                CommonOptions.OpenDevice(new RunConfig<object>(new object(), name, parsed.GetValue(threads))).Dispose();
            DeviceBenchmark.Chosen = new(names, parsed.GetValue(threads), cancel);
            string[] patterns = parsed.GetValue(filter) ?? [];
            var config = Config(parsed.GetValue(job), patterns);
            BenchmarkRunInfo[] chosen = [.. Choose(config)];
            if (chosen.Length == 0)
            {
                throw new UserError(
                    $"--filter: no benchmark's name fits {string.Join(" or ", patterns.Select(pattern => $"'{pattern}'"))}; "
                    + "'engine micro --list' lists them all.");
            }

            if (parsed.GetValue(list))
            {
                foreach (string name in chosen.SelectMany(type => type.BenchmarksCases).Select(Name).Distinct())
                    parsed.InvocationConfiguration.Output.WriteLine(name);
                return Task.FromResult(ExitCodes.Ok);
            }

            using var folder = RunFolder.OpenOnce(parsed.GetValue(output)!, parsed.GetValue(overwrite));
            var reports = new List<Summary>();
            var failures = new List<string>();
            using (var progress = Progress.Start(parsed, parsed.GetValue(quiet)))
            {
                // A class at a time: what is done has its report, whatever comes next.
                var events = new MicroProgress(progress, chosen.Sum(type => type.BenchmarksCases.Length), failures, cancel);
                config.AddEventProcessor(events).AddLogger(events.Log).WithArtifactsPath(folder.Location);
                foreach (var type in Choose(config))
                {
                    reports.Add(BenchmarkRunner.Run(type));
                    cancel.ThrowIfCancellationRequested();
                }
            }

            return Task.FromResult(Finish(parsed, reports, failures, folder));
        });
        return command;
    }

    // In this process: the published program has no project that could be built anew.
    internal static ManualConfig Config(Length length, string[] patterns)
    {
        var job = length switch { Length.Short => Job.ShortRun, Length.Dry => Job.Dry, _ => Job.Default };
        var config = ManualConfig.CreateEmpty()
            .AddJob(job.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromHours(1), logOutput: true)))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default, new ReplayDiagnoser())
            .AddExporter(MarkdownExporter.GitHub, CsvExporter.Default, JsonExporter.Full)
            .AddValidator(JitOptimizationsValidator.DontFailOnError);
        return patterns.Length == 0
            ? config
            : config.AddFilter(new SimpleFilter(benchmark => patterns.Any(pattern => Fits(pattern, Name(benchmark)))));
    }

    // A pattern without wildcards may stand anywhere in a name.
    private static bool Fits(string pattern, string name)
        => FileSystemName.MatchesSimpleExpression(pattern.AsSpan().ContainsAny('*', '?') ? pattern : $"*{pattern}*", name);

    private static IEnumerable<BenchmarkRunInfo> Choose(IConfig config)
        => s_benchmarks.Select(type => BenchmarkConverter.TypeToBenchmarks(type, config)).Where(type => type.BenchmarksCases.Length > 0);

    // Such as MatMul.Square, or Step.Call snake-act-n32.
    internal static string Name(BenchmarkCase benchmark)
    {
        var descriptor = benchmark.Descriptor;
        var rest = benchmark.Parameters.Items.Where(item => item.Name != nameof(DeviceBenchmark.Device)).Select(item => $" {item.Value}");
        return $"{descriptor.Type.Name.Replace("Benchmarks", "")}.{descriptor.WorkloadMethod.Name}{string.Concat(rest)}";
    }

    private static int Finish(ParseResult parsed, IReadOnlyList<Summary> reports, IReadOnlyList<string> failures, RunFolder folder)
    {
        var all = reports.SelectMany(summary => summary.Reports).ToList();
        parsed.Console().WriteTable(
            [
                "Benchmark", "Device", ">Mean, us", ">Error, us", ">Deviation, us", ">Managed bytes",
                .. ReplayDiagnoser.Metrics.Select(metric => $">{metric.Name}"),
            ],
            all.Select(report => (string[])[
                Name(report.BenchmarkCase),
                report.BenchmarkCase.Parameters[nameof(DeviceBenchmark.Device)]!.ToString()!,
                Microseconds(report.ResultStatistics?.Mean),
                Microseconds(report.ResultStatistics?.ConfidenceInterval.Margin),
                Microseconds(report.ResultStatistics?.StandardDeviation),
                Invariant($"{report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)}"),
                .. ReplayDiagnoser.Metrics.Select(
                    metric => report.Metrics.TryGetValue(metric.Name, out var counted) ? Invariant($"{counted.Value}") : "-")]),
            "The last four: of a replay of the benchmark as a recorded program.");
        foreach (string problem in reports.SelectMany(summary => summary.ValidationErrors).Select(error => error.Message).Distinct())
            parsed.InvocationConfiguration.Error.WriteLine(Printable.Line(problem));
        foreach (string failure in failures)
            parsed.InvocationConfiguration.Error.WriteLine(failure);
        parsed.InvocationConfiguration.Output.WriteLine($"Written to {folder.Location}: reports and logs of BenchmarkDotNet.");
        bool passed = all.TrueForAll(report => report.Success) && !reports.Any(summary => summary.HasCriticalValidationErrors);
        return passed ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string Microseconds(double? nanoseconds) => nanoseconds is { } known ? ShortNumber.Text(known / 1000) : "-";
}
