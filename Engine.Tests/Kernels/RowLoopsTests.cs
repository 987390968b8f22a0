using Engine.Kernels.Memory;
using Engine.Kernels.Rows;
using Xunit;

namespace Engine.Tests.Kernels;

/// <summary>Which commands are loops over rows, by what is said of them.</summary>
public class RowLoopsTests
{
    private const int Weights = 100;

    [Theory]
    [InlineData(3, 0)]
    [InlineData(4, 8)]
    [InlineData(11, 22)]
    public void StepsThatComeOftenEnoughAreALoop(int steps, int commands)
    {
        var loops = RowLoops.Of(Steps(steps, rows: 8));
        Assert.Equal(commands, Enumerable.Range(0, 2 * steps).Count(number => loops.Of(number) is { Stages: 2, Rows: 8 }));
    }

    // As many groups as keep a GPU busy, of as many rows each as they have to be.
    [Theory]
    [InlineData(32, 32)]
    [InlineData(1024, 1024)]
    [InlineData(4096, 1024)]
    [InlineData(1280, 640)]
    [InlineData(1031, 1031)]
    [InlineData(2062, 1031)]
    [InlineData(2, 2)]
    public void RowsAreCutForManyGroups(int parts, int rows) => Assert.Equal(rows, RowLoops.Of(Steps(5, parts)).Of(0)?.Rows);

    [Fact]
    public void OneRowIsNoLoop() => Assert.Null(RowLoops.Of(Steps(5, 1)).Of(0));

    // 32 rows of 3 million operations in a step.
    [Fact]
    public void WhatTakesLongByItselfStaysByItself() => Assert.Null(RowLoops.Of(Steps(5, 32, operations: 32 * 3e6)).Of(0));

    [Fact]
    public void ALoopEndsBeforeWhatNeedsIt()
    {
        // The sum of all that the 6th step has made.
        List<RowCommand> commands = [.. Steps(12, rows: 8)];
        commands.Insert(12, Whole(new Use(11, Access.Read, 0, 32), new Use(50, Access.Write, 0, 4)));
        var loops = RowLoops.Of(Numbered(commands));
        Assert.Equal(12, loops.Of(0)?.Commands.Count);
        Assert.Null(loops.Of(12));
        Assert.Equal(12, loops.Of(13)?.Commands.Count);

        // What needs nothing of it comes before it.
        commands[12] = Whole(new Use(50, Access.Write, 0, 4));
        Assert.Equal(24, RowLoops.Of(Numbered(commands)).Of(24)?.Commands.Count);
    }

    // A step's own memory has one place; what comes from outside, or is wanted outside, has its own.
    [Fact]
    public void OnlyWhatAStepMakesForItselfSharesItsPlace()
    {
        // Each step reads noise of its own, which is made in its midst, and what the one before has made.
        var commands = new List<RowCommand>();
        for (int step = 0; step < 4; step++)
        {
            commands.Add(Rowwise(8, Read(step), Write(10 + step)));
            commands.Add(Whole(new Use(20 + step, Access.Write, 0, 32)));
            commands.Add(Rowwise(8, Read(10 + step), Read(20 + step), Write(step + 1)));
        }

        RowCommand[] all = Numbered(commands);
        int[] first = new int[30], last = new int[30];
        foreach (var (number, use) in all.SelectMany(command => command.Uses.Select(use => (command.Number, use))).Reverse())
            (first[use.Slot], last[use.Slot]) = (number, Math.Max(last[use.Slot], number));
        last[12] = int.MaxValue;
        var places = RowLoops.Of(all).Lengthen(first, last, _ => 32);
        Assert.Equal([(11, 10), (13, 10)], places.Select(place => (place.Key, place.Value)).Order());
        Assert.All([10, 20, 21, 22, 23, 1, 2, 3], slot => Assert.Equal((0, 11), (first[slot], last[slot])));
        Assert.Equal((0, int.MaxValue), (first[12], last[12]));
    }

    // Two commands by turns, each of what the one before has made.
    private static RowCommand[] Steps(int steps, int rows, double operations = 0)
        => Numbered(Enumerable.Range(0, 2 * steps).Select(
            i => Rowwise(rows, Read(i), new(Weights, Access.Read, 0, 64 << (i % 2)), Write(i + 1)) with { Operations = operations }));

    private static RowCommand[] Numbered(IEnumerable<RowCommand> commands)
        => [.. commands.Select((command, number) => command with { Number = number })];

    private static Use Read(int slot) => new(slot, Access.Read, 0, 32);

    private static Use Write(int slot) => new(slot, Access.Write, 0, 32);

    private static RowCommand Rowwise(int parts, params Use[] uses) => new(0, new Work(parts), uses);

    private static RowCommand Whole(params Use[] uses) => new(0, new Work(1), uses);

    private sealed class Work(int parts) : RowWork(parts)
    {
        public override Type Kind => typeof(Work);

        public override bool IsApart(Use use, Use written, int rows) => use.Covers(written);
    }
}
