using System.Text.Json.Nodes;
using Engine.Bench.Comparing;
using Engine.Bench.Workloads;
using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Operations;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class ComparerTests : IDisposable
{
    // The second device can be told from the first by its threads.
    private readonly ComparedDevice[] _devices = ComparedDevice.Open("--devices", ["cpu@1", "cpu@2"], 0);

    public void Dispose() => Array.ForEach(_devices, device => device.Dispose());

    [Fact]
    public void EqualResultsAgree()
    {
        var comparison = Compare(isSecond => [1, 2]);
        Assert.True(comparison.Passed);
        Assert.Equal(["cpu@1", "cpu@2"], comparison.Outcomes.Select(outcome => outcome.Device));
        Assert.Equal([null, 0.0], comparison.Outcomes.Select(outcome => outcome.Difference));
        Assert.Equal([null, true], comparison.Outcomes.Select(outcome => outcome.Passed));
        Assert.All(comparison.Outcomes, outcome => Assert.Equal(3, outcome.Calls));
        Assert.Equal(comparison.Outcomes[1].MedianMs / comparison.Outcomes[0].MedianMs, comparison.Outcomes[1].Ratio);
    }

    [Theory]
    [InlineData(2.0001f, false)]
    [InlineData(2.00001f, true)]
    [InlineData(float.NaN, false)]
    public void DifferencesBeyondTheToleranceDoNot(float value, bool agrees)
    {
        var comparison = Compare(isSecond => isSecond ? [1, value] : [1, 2]);
        Assert.Equal(agrees, comparison.Passed);
        Assert.Equal(agrees, comparison.Outcomes[1].Passed);
        Assert.Equal(agrees, Report(comparison).Passed);
        Assert.Equal($"{(agrees ? 1 : 0)} of 1 comparisons with cpu@1 agree.", Report(comparison).Verdict);
    }

    [Fact]
    public void ResultsAreThoseOfTheFirstCall()
    {
        var counts = new Dictionary<bool, int> { [false] = 0, [true] = 0 };
        var comparison = Compare(isSecond => [++counts[isSecond] == 1 && isSecond ? 7 : 1]);
        Assert.Equal(6, comparison.Outcomes[1].Difference);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADeviceThatIsLostIsLeftAlone(bool second)
    {
        int calls = 0;
        var comparer = new Comparer(_devices, 1, TimeSpan.FromMilliseconds(100), default);
        var work = new Workload("odd", "", device => new Work(() => device.Concurrency != 2 == second ? [1]
            : ++calls > 0 ? throw new DeviceException("cpu", new IOException("off the bus")) : []));
        var report = new ComparisonReport(_devices) { Complete = true };
        for (int i = 0; i < 3; i++)
            report.Operations.Add(comparer.Compare(work));
        Assert.Equal(1, calls);
        var outcomes = report.Operations.Select(comparison => comparison.Outcomes[second ? 1 : 0]).ToArray();
        Assert.Contains("off the bus", outcomes[0].Failed);
        Assert.All(outcomes[1..], outcome => Assert.Equal("the device was lost", outcome.Skipped));
        Assert.All(report.Operations, comparison => Assert.NotNull(comparison.Outcomes[second ? 0 : 1].MedianMs));
        Assert.False(report.Passed);
        Assert.EndsWith($"1 runs failed; 2 were skipped; cpu@{(second ? 2 : 1)} was lost on the way.", report.Verdict);
        Assert.Contains("off the bus", (string)JsonNode.Parse(report.ToJson(1, 1))!["devices"]![second ? 1 : 0]!["lost"]!);
    }

    // While its speeds were measured.
    [Fact]
    public void ADeviceThatWasLostBeforeIsNotBegunWith()
    {
        _devices[1].Note(new DeviceException("cpu", new IOException("off the bus")));
        var comparison = Compare(isSecond => isSecond ? throw new InvalidOperationException("was begun") : [1]);
        Assert.Equal("the device was lost", comparison.Outcomes[1].Skipped);
        Assert.False(Report(comparison).Passed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FailuresOfOneDeviceLeaveTheOthersResults(bool second)
    {
        var comparison = Compare(isSecond => isSecond == second ? throw new InvalidOperationException("no\nsuch kernel") : [1]);
        var (failed, other) = second ? (comparison.Outcomes[1], comparison.Outcomes[0]) : (comparison.Outcomes[0], comparison.Outcomes[1]);
        Assert.Equal("InvalidOperationException: no such kernel", failed.Failed);
        Assert.Null(failed.MedianMs);
        Assert.NotNull(other.MedianMs);
        Assert.Null(other.Difference);
        Assert.False(comparison.Passed);
        Assert.Equal("0 of 0 comparisons with cpu@1 agree; 1 runs failed.", Report(comparison).Verdict);
    }

    [Fact]
    public void WorkThatTakesTooLongIsSkippedAndSaysSo()
    {
        var comparison = Compare(isSecond => [1], limit: TimeSpan.FromTicks(1));
        Assert.All(comparison.Outcomes, outcome => Assert.StartsWith("over 0 s", outcome.Skipped));
        Assert.True(comparison.Passed);

        // But a report of nothing proves nothing.
        Assert.False(Report(comparison).Passed);
        Assert.Contains("2 were skipped", Report(comparison).Verdict);
    }

    [Fact]
    public void WorkIsNotBegunOnADeviceThatIsFarTooSlow()
    {
        _devices[0] = _devices[0] with { Peak = new(1e12, 1e12) };
        _devices[1] = _devices[1] with { Peak = new(1e3, 1e2) };
        var comparison = Compare(isSecond => isSecond ? throw new InvalidOperationException("was begun") : [1], TimeSpan.FromSeconds(1));
        Assert.Matches(@"^over 1 s, since the device is 1000000000 times slower$", comparison.Outcomes[1].Skipped);
    }

    // No device at all is one that fails at once.
    [Fact]
    public void SpeedsThatCantBeMeasuredFailTheComparisonWhenAllIsDone()
    {
        var comparison = Compare(isSecond => [1]);
        Assert.True(Report(comparison).Passed);
        var broken = new ComparedDevice("broken", null!);
        broken.Measure(default);
        Assert.Null(broken.Peak);
        Assert.StartsWith("NullReferenceException: ", broken.Failed);
        var report = new ComparisonReport([.. _devices, broken]);
        report.Workloads.Add(comparison);
        Assert.False(report.Passed);
        Assert.Equal("1 of 1 comparisons with cpu@1 agree; 1 runs failed.", report.Verdict);
    }

    [Fact]
    public void CancellationIsNoFailure()
        => Assert.Throws<OperationCanceledException>(
            () => new Comparer(_devices, 1, TimeSpan.MaxValue, new CancellationToken(true))
                .Compare(new Workload("x", "", _ => new Work(() => [1]))));

    // Of results that are wrong somewhere in a derivative.
    [Fact]
    public void DerivativesOfOperationsAreCompared()
    {
        int applied = 0;
        var sample = new OperationSample(
            typeof(Multiply), "odd", x => x[0] * (x[0].Device.Concurrency == 2 && ++applied > 0 ? x[0] : x[0].StopGradient()), [[3]]);
        var comparison = new Comparer(_devices, 1, TimeSpan.MaxValue, default).Compare(sample, ElementType.Float64);
        Assert.True(applied > 0);
        Assert.False(comparison.Passed);
        Assert.Equal(1e-10, comparison.Tolerance);
    }

    [Fact]
    public void SecondDerivativesAreComparedWhereTheSampleHasThem()
    {
        using var scope = new TensorScope();
        foreach (var (order, tensors) in new[] { (1, 2), (2, 3), (3, 3) })
        {
            var sample = new OperationSample(typeof(Exp), "x", x => x[0].Exp(), [[3]], Order: order);
            using var work = new OperationWork(sample, ElementType.Float32, Device.Cpu);
            Assert.Equal(tensors, work.Run().Length);
        }
    }

    [Fact]
    public void InfiniteDifferencesStayReadableInJson()
    {
        var report = Report(Compare(isSecond => [isSecond ? float.NaN : 1]));
        report.Operations.Add(report.Workloads[0] with { Name = "odd" });
        report.Workloads.Clear();
        var json = JsonNode.Parse(report.ToJson(3, 60))!;
        Assert.Equal("Infinity", (string)json["operations"]![0]!["outcomes"]![1]!["difference"]!);
        Assert.False((bool)json["passed"]!);
        Assert.Contains("odd", ComparisonFigure.Draw(report).ToSvg());
    }

    private Comparison Compare(Func<bool, float[]> results, TimeSpan? limit = null)
        => new Comparer(_devices, 3, limit ?? TimeSpan.FromMilliseconds(100), default).Compare(
            new Workload("odd", "", device => new Work(() => results(device.Concurrency == 2))));

    private ComparisonReport Report(Comparison comparison)
    {
        var report = new ComparisonReport(_devices) { Complete = true };
        report.Workloads.Add(comparison);
        return report;
    }

    private sealed class Work(Func<float[]> results) : IWork
    {
        public Tensor[] Run() => [Tensor.From(results())];

        public void Dispose()
        {
        }
    }
}
