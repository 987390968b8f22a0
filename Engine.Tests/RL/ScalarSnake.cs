using Engine.RL.Environments;
using Engine.Tests.Core;

namespace Engine.Tests.RL;

/// <summary>The game of one board told plainly: what that of tensors is held against.</summary>
internal sealed class ScalarSnake(int rows, int columns, int stepLimit, PlainKey key)
{
    private readonly LinkedList<(int Row, int Column)> _body = [];
    private (int Row, int Column)? _fruit;
    private int _steps;

    public enum End
    {
        None,
        Wall,
        Body,
        Full,
        StepLimit,
    }

    public int Length => _body.Count;

    public void Reset(int step) => Start(step, block: 0);

    public (float Reward, End End, float[] Final) Step(int action, int step)
    {
        _steps++;
        float reward = 0;
        var end = End.None;
        var (row, column) = _body.First!.Value;
        (int Row, int Column) next = action switch
        {
            Snake.Up => (row - 1, column),
            Snake.Right => (row, column + 1),
            Snake.Down => (row + 1, column),
            _ => (row, column - 1),
        };
        var tail = _body.Last!.Value;
        if (next != _fruit)
            _body.RemoveLast();
        if (next.Row < 0 || next.Row >= rows || next.Column < 0 || next.Column >= columns)
            end = End.Wall;
        else if (_body.Contains(next))
            end = End.Body;
        if (end != End.None)
        {
            _body.AddLast(tail);
        }
        else
        {
            _body.AddFirst(next);
            if (next == _fruit)
            {
                reward = 1;
                var free = Free();
                _fruit = free.Count == 0 ? null : free[Draw(step, 2, 0, free.Count)];
            }

            end = _fruit is null ? End.Full : _steps == stepLimit ? End.StepLimit : End.None;
        }

        float[] final = Planes();
        if (end != End.None)
            Start(step, block: 1);
        return (reward, end, final);
    }

    public float[] Planes()
    {
        float[] planes = new float[rows * columns * 5];
        int rank = _body.Count;
        foreach (var cell in _body)
        {
            planes[At(cell, 0)] = 1;
            planes[At(cell, 4)] = rank-- / (float)_body.Count;
        }

        planes[At(_body.First!.Value, 1)] = 1;
        planes[At(_body.Last!.Value, 2)] = 1;
        if (_fruit is { } fruit)
            planes[At(fruit, 3)] = 1;
        return planes;

        int At((int Row, int Column) cell, int plane) => (((cell.Row * columns) + cell.Column) * 5) + plane;
    }

    // Towards the fruit where that is possible, for games that last.
    public int Chase(Random random)
    {
        var (row, column) = _body.First!.Value;
        var (fruitRow, fruitColumn) = _fruit!.Value;
        if (random.Next(12) == 0)
            return random.Next(4);
        return fruitRow < row ? Snake.Up : fruitColumn > column ? Snake.Right : fruitRow > row ? Snake.Down : Snake.Left;
    }

    private void Start(int step, uint block)
    {
        _steps = 0;
        _body.Clear();
        int cell = Draw(step, block, 0, rows * columns);
        _body.AddFirst((cell / columns, cell % columns));
        var free = Free();
        _fruit = free[Draw(step, block, 1, free.Count)];
    }

    private List<(int Row, int Column)> Free()
        => [.. from row in Enumerable.Range(0, rows) from column in Enumerable.Range(0, columns)
            where !_body.Contains((row, column)) select (row, column)];

    private int Draw(int step, uint block, int which, int count)
    {
        uint[] words = key.Fold(step).Draw(block);
        ulong bits = ((ulong)words[2 * which] << 32) + words[(2 * which) + 1];
        return (int)(((UInt128)bits * (uint)count) >> 64);
    }
}
