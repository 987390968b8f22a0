using Engine.Kernels;
using Engine.RL.Experiments;
using Engine.RL.Statistics;
using Engine.RL.Training;
using Xunit;

namespace Engine.Tests.RL;

public class MetaGradientVarianceReportTests
{
    private static readonly AgentRun s_run
        = new("1", 0, SmallSnake.Settings with { Learn = [Hyperparameter.Gamma, Hyperparameter.LearningRate] });

    private static readonly MetaGradientVariance s_variance = new(new MetaGradientVarianceSettings(), s_run, [], Device.Cpu);

    [Fact]
    public void DeviationsAreRelativeToThoseOfOneStepPointByPoint()
    {
        var report = Report(Row("1", 5, 2, 4), Row("3", 5, 6, 4), Row("1", 9, 1, 8), Row("3", 9, 5, 4));
        Assert.True(report.IsRelative);
        Assert.Equal(["1", "3"], report.Methods);
        Assert.Equal(["gamma", "learning_rate"], report.Parameters);
        Assert.Equal([1, 1], report.Summary[0].Std);
        Assert.Equal(("3", (3.0 + 5) / 2, (1 + 0.5) / 2), (report.Summary[1].Method, report.Summary[1].Std[0], report.Summary[1].Std[1]));
    }

    [Fact]
    public void PointsWhereOneStepDoesNotVaryDoNotCount()
    {
        var report = Report(Row("1", 5, 0, 0), Row("3", 5, 6, 0), Row("1", 9, 2, 4), Row("3", 9, 5, 6));
        Assert.Equal([2.5, 1.5], report.Summary[1].Std);
        Assert.Equal([double.NaN, double.NaN], Report(Row("1", 5, 0, 0), Row("3", 5, 6, 0)).Summary[1].Std);
    }

    [Fact]
    public void WithoutOneStepDeviationsAreAsTheyAre()
    {
        var report = Report(Row("3", 5, 6, 4), Row("3", 9, 5, 8));
        Assert.False(report.IsRelative);
        Assert.Equal([5.5, 6], report.Summary.Single().Std);
    }

    [Fact]
    public void OtherStatisticsAreMeansOverPoints()
    {
        var summary = Report(Row("3", 5, 1, 1, snr: (2, 4), bias: 10, cosine: 0.5), Row("3", 9, 1, 1, snr: (4, 8), bias: 20, cosine: -0.25))
            .Summary.Single();
        Assert.Equal((4.5, 15, 0.125), (summary.SignalToNoise, summary.Bias, summary.Cosine));
    }

    [Fact]
    public void CurvesAreMeansOverMetaParametersThatVary()
    {
        var report = Report(Row("1", 5, 2, 4), Row("3", 5, 6, 4, snr: (2, 4)), Row("1", 9, 1, 0), Row("3", 9, 5, 4, snr: (3, 5)));
        Assert.Equal([5, 9], report.Updates);
        Assert.Equal([3, 5], report.Deviations("3", "gamma"));
        Assert.Equal([2, 5], report.MeanDeviations("3"));
        Assert.Equal(new Spread(4.5, Math.Sqrt(0.5)), report.SignalToNoise("3", "learning_rate"));
    }

    [Fact]
    public void SpreadsAreThoseOfTheTable()
    {
        var report = Report(
            Row("1", 5, 0, 1), Row("3", 5, 6, 1, snr: (double.NaN, 4)), Row("1", 9, 1, 1), Row("3", 9, 5, 2, snr: (double.NaN, 6)));
        Assert.Equal(new Spread(5, double.NaN), report.Deviation("3", "gamma"));
        Assert.Equal(new Spread(1.5, Math.Sqrt(0.5)), report.Deviation("3", "learning_rate"));
        Assert.Equal(new Spread(double.NaN, double.NaN), report.SignalToNoise("3", "gamma"));
        Assert.Equal([5, 1.5], report.Summary[1].Std);
        Assert.Equal(5, report.Summary[1].SignalToNoise);
    }

    private static MetaGradientVarianceReport Report(params MetricRow[] rows) => new(s_variance, rows);

    // An error is a tenth of its number.
    private static MetricRow Row(
        string method,
        int update,
        double gammaStd,
        double rateStd,
        (double Gamma, double Rate) snr = default,
        double bias = 10,
        double cosine = 1)
    {
        string[] columns = [.. s_variance.Columns];
        double[] values = new double[columns.Length];
        Set("gamma_std", gammaStd);
        Set("learning_rate_std", rateStd);
        Set("gamma_snr", snr.Gamma);
        Set("learning_rate_snr", snr.Rate);
        Set("bias", bias);
        Set("cosine", cosine);
        return new MetricRow(method, 0, update, values);

        void Set(string column, double value)
        {
            values[Array.IndexOf(columns, column)] = value;
            values[Array.IndexOf(columns, column + "_error")] = value / 10;
        }
    }
}
