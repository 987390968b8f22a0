using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class MetricsFileTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void CellsAreInvariantAndRoundTrip()
    {
        using (var file = new MetricsFile(_temporary.At("m.csv"), "a", "b"))
        {
            file.AppendRow(0.1, 1f / 3);
            file.AppendRow(double.NaN, -1);
            file.AppendRow("say \"hi\", now", null);
            file.AppendRow(true, 1e-300);
        }

        Assert.Equal("a,b\n0.1,0.33333334\nNaN,-1\n\"say \"\"hi\"\", now\",\ntrue,1E-300\n", File.ReadAllText(_temporary.At("m.csv")));
    }

    [Fact]
    public void RowsAreThereForOthersAtOnce()
    {
        File.WriteAllText(_temporary.At("m.csv"), "an earlier run's");
        using var file = new MetricsFile(_temporary.At("m.csv"), "i", "x");
        file.AppendRow(1, 2);
        using var reader = new StreamReader(new FileStream(_temporary.At("m.csv"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal("i,x\n1,2\n", reader.ReadToEnd());
    }

    [Fact]
    public void RowsMustFitTheColumns()
    {
        using var file = new MetricsFile(_temporary.At("m.csv"), "i", "x");
        Assert.Throws<ArgumentException>(() => file.AppendRow(1));
    }
}
